"""The recycle bin, from which deleted users can be restored."""

import sqlalchemy as sa
from alembic import op

from userctl.core.errors import DowngradeRefused

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "deleted_users",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        # Without a length, because the columns of an application may have any.
        sa.Column("name", sa.String()),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("hashed_password", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_hash", sa.String()),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deleted_users_email", "deleted_users", ["email"])
    op.create_index("ix_deleted_users_deleted_at", "deleted_users", ["deleted_at"])


def downgrade() -> None:
    if count := op.get_bind().scalar(sa.text("SELECT count(*) FROM deleted_users")):
        raise DowngradeRefused(
            f"Revision 0005 cannot store {count} deleted users.",
            hint="Restore them, or delete them permanently: userctl user purge --older-than 0s",
        )
    op.drop_table("deleted_users")
