"""The append-only audit trail."""

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"

REFUSAL = "The audit trail is append-only."

FUNCTION = f"""
CREATE FUNCTION userctl_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{REFUSAL}';
END
$$
"""


def upgrade() -> None:
    if _has_events():
        return
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.String(50), nullable=False),
        sa.Column("actor", sa.String(320), nullable=False),
        sa.Column("machine", sa.String(320), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("target", sa.String(320)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_events_time", "audit_events", ["time"])
    for column in ("user_id", "target", "tag"):
        op.create_index(f"ix_audit_events_{column}", "audit_events", [column, "id"])
    if op.get_context().dialect.name == "postgresql":
        op.execute(FUNCTION)
        op.execute(
            "CREATE TRIGGER audit_events_append_only "
            "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events "
            "FOR EACH STATEMENT EXECUTE FUNCTION userctl_audit_append_only()"
        )
    else:
        for name, event in (
            ("update", "UPDATE ON audit_events"),
            ("delete", "DELETE ON audit_events"),
            # INSERT OR REPLACE deletes rows without firing the DELETE trigger.
            ("replace", "INSERT ON audit_events WHEN NEW.id IN (SELECT id FROM audit_events)"),
        ):
            op.execute(
                f"CREATE TRIGGER audit_events_no_{name} BEFORE {event} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )


def downgrade() -> None:
    # An older userctl does not know the audit trail, but a downgrade must not lose it.
    if _has_events():
        return
    op.drop_table("audit_events")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION userctl_audit_append_only()")


def _has_events() -> bool:
    """Tell whether the database already has an audit trail with events."""
    if context.is_offline_mode():
        return bool(context.config.attributes.get("has_trail"))
    connection = op.get_bind()
    if not sa.inspect(connection).has_table("audit_events"):
        return False
    return connection.execute(sa.text("SELECT 1 FROM audit_events LIMIT 1")).first() is not None
