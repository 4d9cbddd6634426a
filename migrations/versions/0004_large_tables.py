"""Indexes for large tables: users by role, addresses by prefix, ended API tokens."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_index("ix_users_role", "users")
    op.create_index("ix_users_role", "users", ["role", "id"])
    if _on_postgresql():
        # With most collations the addresses that share a prefix are not one range of a plain index.
        op.create_index(
            "ix_users_email_pattern",
            "users",
            ["email"],
            postgresql_ops={"email": "varchar_pattern_ops"},
        )
    op.create_index("ix_api_tokens_expires_at", "api_tokens", ["expires_at"])
    op.create_index("ix_api_tokens_revoked_at", "api_tokens", ["revoked_at"])


def downgrade() -> None:
    op.drop_index("ix_api_tokens_revoked_at", "api_tokens")
    op.drop_index("ix_api_tokens_expires_at", "api_tokens")
    if _on_postgresql():
        op.drop_index("ix_users_email_pattern", "users")
    op.drop_index("ix_users_role", "users")
    op.create_index("ix_users_role", "users", ["role", "disabled_at"])


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
