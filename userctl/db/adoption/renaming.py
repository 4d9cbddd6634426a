"""Renames tables that have other names in the application."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise

from alembic.operations import Operations
from sqlalchemy import Connection, inspect, text

from userctl.db.adoption.change import Change, step, warning

_INVOKER_SINCE = (15,)
"""The version of PostgreSQL whose views can leave the privileges on the table to the caller."""


def rename_tables(connection: Connection, tables: Mapping[str, str]) -> Iterator[Change]:
    """Rename the tables to our names at once, and yield the steps taken and the remaining ones.

    Everything later in a plan can then use our names; a caller that only plans rolls back.

    Args:
        connection: the database.
        tables: the current names by our names.
    """
    for our_name, name in tables.items():
        if name == our_name:
            continue
        columns = [column["name"] for column in inspect(connection).get_columns(name)]
        _rename(connection, name, our_name)
        yield step(our_name, name, f"rename the table to {our_name}", None)
        if connection.dialect.name == "postgresql":
            # Columns that a view has cannot be altered, so it comes last.
            create = partial(_create_view, name=name, our_name=our_name, columns=columns)
            detail = "create a view with the old name, for the application"
            yield step(our_name, name, detail, create, late=True)
            yield warning(
                our_name, name, f"the application's migrations must use the name {our_name}"
            )
        elif name.lower() != our_name:
            yield warning(
                our_name, name, f"the application must use the name {our_name} from now on"
            )


def _rename(connection: Connection, name: str, our_name: str) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    names = [name, our_name]
    if connection.dialect.name == "sqlite":
        # SQLite does not rename a table whose new name differs only in case.
        names = [name, f"userctl_{our_name}", our_name]
    for from_name, to_name in pairwise(names):
        connection.exec_driver_sql(f"ALTER TABLE {quote(from_name)} RENAME TO {quote(to_name)}")


def _create_view(op: Operations, *, name: str, our_name: str, columns: list[str]) -> None:
    """Create a view that the application can read and write like the table, with its privileges."""
    connection = op.get_bind()
    quote = connection.dialect.identifier_preparer.quote_identifier
    column_list = ", ".join(map(quote, columns))
    version = connection.dialect.server_version_info or ()
    invoker = "WITH (security_invoker = true) " if version >= _INVOKER_SINCE else ""
    view = quote(name)
    query = f"SELECT {column_list} FROM {our_name}"  # noqa: S608
    connection.exec_driver_sql(f"CREATE VIEW {view} {invoker}AS {query}")
    owner = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass(:table)"
    role = quote(connection.scalar(text(owner), {"table": our_name}))
    connection.exec_driver_sql(f"ALTER VIEW {view} OWNER TO {role}")
    grants = text(
        "SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' "
        "ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee, "
        "CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option "
        "FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = to_regclass(:table) "
        "AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') AND grantee <> relowner"
    )
    for grant in connection.execute(grants, {"table": our_name}).all():
        connection.exec_driver_sql(
            f"GRANT {grant.privilege_type} ON {view} TO {grant.grantee}{grant.option}"
        )
