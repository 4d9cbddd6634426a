"""The columns that userctl adds: disabled users and token families."""

import sqlalchemy as sa
from alembic import op

from userctl.core.errors import DowngradeRefused

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Wide enough for the 64-bit ids that an application's table may have, so never widened later."""


def upgrade() -> None:
    op.add_column("users", sa.Column("disabled_at", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("disabled_hash", sa.String(128)))
    op.create_index("ix_users_role", "users", ["role", "disabled_at"])
    op.add_column("refresh_tokens", sa.Column("family_id", sa.String(32)))
    op.add_column("refresh_tokens", sa.Column("family_expires_at", sa.DateTime(timezone=True)))
    op.add_column("refresh_tokens", sa.Column("used_at", sa.DateTime(timezone=True)))
    op.add_column("refresh_tokens", sa.Column("successor_id", ID))
    op.create_index("ix_refresh_tokens_family_id", "refresh_tokens", ["family_id"])
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])


def downgrade() -> None:
    disabled = op.get_bind().scalar(
        sa.text("SELECT count(*) FROM users WHERE disabled_at IS NOT NULL")
    )
    if disabled:
        raise DowngradeRefused(
            f"Revision 0001 cannot store the passwords of {disabled} disabled users.",
            hint="Enable or delete them first: userctl user list --status disabled",
        )
    # Without its family a session would never end, and the reuse of a token would go unnoticed.
    op.execute(sa.text("UPDATE refresh_tokens SET revoked = true WHERE family_id IS NOT NULL"))
    op.drop_index("ix_refresh_tokens_expires_at", "refresh_tokens")
    op.drop_index("ix_refresh_tokens_family_id", "refresh_tokens")
    for column in ("successor_id", "used_at", "family_expires_at", "family_id"):
        op.drop_column("refresh_tokens", column)
    op.drop_index("ix_users_role", "users")
    for column in ("disabled_hash", "disabled_at"):
        op.drop_column("users", column)
