"""The start of sessions: when, how and from where."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ADDED = [
    ("family_started_at", sa.DateTime(timezone=True)),
    ("login_method", sa.String(50)),
    ("login_source", sa.String(255)),
    ("login_client", sa.String(100)),
]
"""Nullable columns, so that no table is rewritten and no INSERT has to change."""


def upgrade() -> None:
    for name, kind in ADDED:
        op.add_column("refresh_tokens", sa.Column(name, kind))


def downgrade() -> None:
    # Sessions work without them.
    for name, _ in ADDED:
        op.drop_column("refresh_tokens", name)
