"""The privileges of our role on a PostgreSQL server."""

from sqlalchemy import Engine, text

from userctl.db.engine import read_only_connection
from userctl.models import TABLES

_NUMBERED_TABLES = ("users", "refresh_tokens", "api_tokens")


def excess_privileges(engine: Engine) -> list[str]:
    """Return the powers of our role that userctl never needs."""
    with read_only_connection(engine) as connection:
        row = connection.exec_driver_sql(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls "
            "FROM pg_roles WHERE rolname = current_user"
        ).one()
        powers = ("superuser", "create roles", "create databases", "replicate", "bypass policies")
        return [power for power, has in zip(powers, row, strict=True) if has]


def missing_privileges(engine: Engine) -> list[str]:
    """Return the privileges on our tables that our role needs and lacks."""
    needed = [(t, p) for t in TABLES for p in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    with read_only_connection(engine) as connection:
        numbers = text(
            "SELECT has_sequence_privilege(pg_get_serial_sequence(:table, 'id'), 'USAGE')"
        )
        lacks = [
            f"USAGE on the sequence of {table}"
            for table in _NUMBERED_TABLES
            if connection.execute(numbers, {"table": table}).scalar() is False
        ]
        return lacks + [
            f"{privilege} on {table}"
            for table, privilege in needed
            if (table, privilege) not in {("audit_events", "UPDATE"), ("audit_events", "DELETE")}
            and not connection.execute(
                text("SELECT has_table_privilege(:table, :privilege)"),
                {"table": table, "privilege": privilege},
            ).scalar()
        ]
