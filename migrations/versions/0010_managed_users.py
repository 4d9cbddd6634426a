"""Which set of declared users a user belongs to, and what it last did to address and password."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ADDED = [
    ("managed_by", sa.String(50)),
    ("password_version", sa.Integer()),
    ("previous_email", sa.String(255)),
]
"""Columns that may be null, so that neither a table is rewritten nor an INSERT has to change."""

TABLES = ("users", "deleted_users")


def upgrade() -> None:
    for table in TABLES:
        for name, kind in ADDED:
            op.add_column(table, sa.Column(name, kind))


def downgrade() -> None:
    for table in TABLES:
        for name, _ in reversed(ADDED):
            op.drop_column(table, name)
