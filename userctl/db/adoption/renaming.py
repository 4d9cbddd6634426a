"""Renaming tables that have other names in the application."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise

from alembic.operations import Operations
from sqlalchemy import Connection, inspect, text

from userctl.db.adoption.change import Change, step, warning

_INVOKER_SINCE = (15,)
"""The version of PostgreSQL whose views can leave the privileges on the table to the caller."""


def rename_tables(connection: Connection, tables: Mapping[str, str]) -> Iterator[Change]:
    """Rename the tables to our names at once, and yield what was done and remains to be done.

    Everything that comes after in a plan can then ask for our names; who only plans rolls back.

    Args:
        connection: the database.
        tables: the present names by our names.
    """
    for ours, name in tables.items():
        if name == ours:
            continue
        columns = [column["name"] for column in inspect(connection).get_columns(name)]
        _rename(connection, name, ours)
        yield step(ours, name, f"rename the table to {ours}", None)
        if connection.dialect.name == "postgresql":
            # Columns that a view has cannot be altered, so it comes last.
            create = partial(_create_view, name=name, ours=ours, columns=columns)
            detail = "create a view with the old name, for the application"
            yield step(ours, name, detail, create, late=True)
            yield warning(ours, name, f"the application's migrations must use the name {ours}")
        elif name.lower() != ours:
            yield warning(ours, name, f"the application must use the name {ours} from now on")


def _rename(connection: Connection, name: str, ours: str) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    names = [name, ours]
    if connection.dialect.name == "sqlite":
        # SQLite does not rename a table whose new name differs only in case.
        names = [name, f"userctl_{ours}", ours]
    for before, after in pairwise(names):
        connection.exec_driver_sql(f"ALTER TABLE {quote(before)} RENAME TO {quote(after)}")


def _create_view(op: Operations, *, name: str, ours: str, columns: list[str]) -> None:
    """Create a view that the application can read and write like the table, with its privileges."""
    connection = op.get_bind()
    quote = connection.dialect.identifier_preparer.quote_identifier
    listed = ", ".join(map(quote, columns))
    version = connection.dialect.server_version_info or ()
    invoker = "WITH (security_invoker = true) " if version >= _INVOKER_SINCE else ""
    view = quote(name)
    connection.exec_driver_sql(f"CREATE VIEW {view} {invoker}AS SELECT {listed} FROM {ours}")  # noqa: S608
    owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass(:table)"
    role = quote(connection.scalar(text(owner), {"table": ours}))
    connection.exec_driver_sql(f"ALTER VIEW {view} OWNER TO {role}")
    grants = text(
        "SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' "
        "ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee, "
        "CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option "
        "FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = to_regclass(:table) "
        "AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') AND grantee <> relowner"
    )
    for grant in connection.execute(grants, {"table": ours}).all():
        connection.exec_driver_sql(
            f"GRANT {grant.privilege_type} ON {view} TO {grant.grantee}{grant.option}"
        )
