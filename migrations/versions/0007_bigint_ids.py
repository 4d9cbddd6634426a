"""Ids of 64 bits on PostgreSQL; SQLite always has them."""

import sqlalchemy as sa
from alembic import context, op

from userctl.core.errors import DowngradeRefused

revision = "0007"
down_revision = "0006"

IDS = {
    "users": ("id",),
    "refresh_tokens": ("id", "user_id", "successor_id"),
    "api_tokens": ("id", "user_id"),
    "deleted_users": ("id",),
    "audit_events": ("id", "user_id"),
}
SHARED = ("users", "refresh_tokens")
LARGEST_BEFORE = 2**31 - 1

# Changing a type rewrites the table. An application's tables are left alone: theirs may be large,
# and columns of either size work. A view that depends on a column prevents the change of type,
# but must not prevent the migration.
WIDEN = """
DO $$
BEGIN
    IF {condition} THEN
        ALTER TABLE {table} {changes};
        EXECUTE coalesce('ALTER SEQUENCE ' || pg_get_serial_sequence('{table}', 'id')
                         || ' AS bigint', 'SELECT 1');
    END IF;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'A view depends on the ids of {table}, which keep 32 bits.';
END $$
"""
NOT_ADOPTED = r"""NOT EXISTS (
        SELECT FROM audit_events
        WHERE tag = 'database:adopt' AND position('"before":null' IN detail) > 0
    )"""
HAS_LONG_IDS = """EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = 'refresh_tokens'::regclass
        AND attname = 'id' AND atttypid = 'bigint'::regtype
    )"""


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    adopts = context.config.attributes.get("adopts")
    for table, columns in IDS.items():
        if table not in SHARED:
            _widen(table, columns, "true")
        elif not adopts:
            _widen(table, columns, NOT_ADOPTED)
    # This column is always ours, and has to hold the application's ids of either size.
    _widen("refresh_tokens", ("successor_id",), HAS_LONG_IDS)


def downgrade() -> None:
    # The columns stay as they are, because an older userctl can use them.
    for table, columns in IDS.items():
        for column in columns:
            query = f"SELECT 1 FROM {table} WHERE {column} > {LARGEST_BEFORE} LIMIT 1"  # noqa: S608
            if op.get_bind().execute(sa.text(query)).first():
                raise DowngradeRefused(
                    f"Revision 0006 has ids up to {LARGEST_BEFORE}, "
                    f"and {table}.{column} has a larger one."
                )


def _widen(table: str, columns: tuple[str, ...], condition: str) -> None:
    changes = ", ".join(f"ALTER COLUMN {column} TYPE bigint" for column in columns)
    statement = WIDEN.format(table=table, condition=condition, changes=changes)
    # A colon would begin a parameter.
    op.execute(statement.replace(":", r"\:"))
