"""The tables that an application may share with userctl."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from userctl.core.errors import DowngradeRefused

revision = "0001"
down_revision = None


def timestamps() -> list[sa.Column[Any]]:
    return [
        sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
        for name in ("created_at", "updated_at")
    ]


def users_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100)),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("hashed_password", sa.String(128), nullable=False),
        sa.Column("role", sa.String(50), server_default="user", nullable=False),
        *timestamps(),
    ]


def refresh_tokens_columns(kind: type[sa.Integer] = sa.Integer) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", kind(), nullable=False),
        sa.Column("token", sa.String(255), nullable=False),
        sa.Column("user_id", kind(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.Boolean(), server_default=sa.false(), nullable=False),
        *timestamps(),
    ]


def create_refresh_tokens(kind: type[sa.Integer] = sa.Integer) -> None:
    op.create_table(
        "refresh_tokens",
        *refresh_tokens_columns(kind),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token", name="uq_refresh_tokens_token"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_refresh_tokens_user_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_refresh_tokens_user_id", "refresh_tokens", ["user_id"])


def upgrade() -> None:
    op.create_table(
        "users",
        *users_columns(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sqlite_autoincrement=True,
    )
    create_refresh_tokens()


def downgrade() -> None:
    if not context.is_offline_mode() and _were_adopted(op.get_bind()):
        raise DowngradeRefused(
            "The tables belong to an application, and downgrading to 'base' would drop them.",
            hint="Downgrade to 0001; of userctl, only the table userctl_version then remains.",
        )
    op.drop_table("refresh_tokens")
    op.drop_table("users")


def _were_adopted(connection: sa.Connection) -> bool:
    """Tell whether an application created the tables, according to the audit trail."""
    if not sa.inspect(connection).has_table("audit_events"):
        return False
    query = "SELECT 1 FROM audit_events WHERE tag = 'database:adopt' AND detail LIKE :first"
    return connection.execute(sa.text(query), {"first": '%"before":null%'}).first() is not None
