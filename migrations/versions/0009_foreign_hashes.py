"""Users from other systems: their hashes, and when they were verified and last logged in."""

import sqlalchemy as sa
from alembic import op

from userctl.core.errors import DowngradeRefused
from userctl.core.text import pluralize

revision = "0009"
down_revision = "0008"

ADDED = [
    ("foreign_hash", sa.String()),
    ("address_verified", sa.Boolean()),
    ("former_login_at", sa.DateTime(timezone=True)),
]
"""Nullable columns, so that no table is rewritten and no INSERT has to change."""

TABLES = ("users", "deleted_users")


def upgrade() -> None:
    for table in TABLES:
        for name, kind in ADDED:
            op.add_column(table, sa.Column(name, kind))


def downgrade() -> None:
    waiting = " UNION ALL ".join(
        f"SELECT id FROM {table} WHERE foreign_hash IS NOT NULL"  # noqa: S608
        for table in TABLES
    )
    if count := op.get_bind().scalar(sa.text(f"SELECT count(*) FROM ({waiting}) waiting")):  # noqa: S608
        raise DowngradeRefused(
            "Revision 0008 cannot store the password hashes from other systems: "
            f"{pluralize(count, 'user')} would lose theirs.",
            hint="Wait until they have logged in, or remove these passwords: "
            "userctl user passwd USER --no-password",
        )
    for table in TABLES:
        for name, _ in reversed(ADDED):
            op.drop_column(table, name)
