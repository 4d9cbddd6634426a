"""The privileges of our role on a PostgreSQL server."""

from sqlalchemy import Engine, text

from userctl.db.engine import read_only_connection
from userctl.db.schema.revisions import VERSION_TABLE
from userctl.models import TABLES

_NUMBERED_TABLES = ("users", "refresh_tokens", "api_tokens")


def excess_privileges(engine: Engine) -> list[str]:
    """Return the powers of our role that userctl never needs."""
    with read_only_connection(engine) as connection:
        # Where tables have policies, the role needs to bypass them.
        query = text(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls AND NOT "
            "EXISTS (SELECT FROM pg_class WHERE relrowsecurity AND relname = ANY (:tables)) "
            "FROM pg_roles WHERE rolname = current_user"
        )
        row = connection.execute(query, {"tables": [*TABLES, VERSION_TABLE]}).one()
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


def tables_with_hidden_rows(engine: Engine) -> list[str]:
    """Return our tables in which a policy may hide rows from our role."""
    query = text(
        "SELECT name FROM unnest(CAST(:tables AS text[])) WITH ORDINALITY AS ours (name, place) "
        "WHERE row_security_active(to_regclass(name)) ORDER BY place"
    )
    with read_only_connection(engine) as connection:
        return [*connection.scalars(query, {"tables": [*TABLES, VERSION_TABLE]})]
