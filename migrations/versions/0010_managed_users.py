"""The set of a declared user, with the address and the password version that it last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ADDED = [
    ("managed_by", sa.String(50)),
    ("password_version", sa.Integer()),
    ("previous_email", sa.String(255)),
]
"""Nullable columns, so that no table is rewritten and no INSERT has to change."""

TABLES = ("users", "deleted_users")


def upgrade() -> None:
    for table in TABLES:
        for name, kind in ADDED:
            op.add_column(table, sa.Column(name, kind))


def downgrade() -> None:
    for table in TABLES:
        for name, _ in reversed(ADDED):
            op.drop_column(table, name)
