"""API tokens, login throttling, forced password changes and the origin of sessions."""

import sqlalchemy as sa
from alembic import op

from userctl.core.errors import DowngradeRefused

revision = "0003"
down_revision = "0002"

ADDED = {
    "users": [
        ("must_change_password", sa.Boolean(), {"server_default": sa.false(), "nullable": False}),
    ],
    "refresh_tokens": [
        ("replayed_at", sa.DateTime(timezone=True), {}),
        ("origin", sa.String(100), {}),
        ("scope", sa.String(1000), {}),
    ],
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, options in columns:
            op.add_column(table, sa.Column(name, kind, **options))
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("scope", sa.String(1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token", name="uq_api_tokens_token"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_api_tokens_user_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "login_throttles",
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("charges", sa.Integer(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", "source"),
    )
    op.create_index("ix_login_throttles_expires_at", "login_throttles", ["expires_at"])


def downgrade() -> None:
    _refuse_while(
        "SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL",
        "active API tokens",
        "Revoke them first: userctl token revoke --all --kind api",
    )
    _refuse_while(
        "SELECT count(*) FROM users WHERE must_change_password",
        "passwords that must be changed",
        "Set new ones first: userctl user passwd USER",
    )
    # Without its scope the session of an API token would be allowed everything.
    op.execute(sa.text("UPDATE refresh_tokens SET revoked = true WHERE origin IS NOT NULL"))
    op.drop_table("login_throttles")
    if op.get_context().dialect.name == "sqlite":
        # Adopted tables may have this trigger, which refers to api_tokens.
        op.execute(sa.text("DROP TRIGGER IF EXISTS userctl_tokens_end"))
    op.drop_table("api_tokens")
    for table, columns in ADDED.items():
        for name, _, _ in columns:
            op.drop_column(table, name)


def _refuse_while(query: str, what: str, hint: str) -> None:
    if count := op.get_bind().scalar(sa.text(query)):
        raise DowngradeRefused(f"Revision 0002 cannot store {count} {what}.", hint=hint)
