"""The tables to adopt: finding them, and the kinds of tables that cannot be adopted."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, inspect, text

from userctl.core.errors import DatabaseNotMigrated, InvalidInput
from userctl.core.text import quote
from userctl.db.adoption.change import Change, problem
from userctl.db.adoption.columns import TABLES
from userctl.db.schema.revisions import current_revision
from userctl.schemas.adoption import AdoptionOptions

_SIMILAR_WORDS = ("user", "account", "member", "person", "token", "session")
_SIMILAR_LISTED = 10

_POSTGRESQL_KIND = text(
    "SELECT relkind = 'p' AS partitioned, relispartition AS partition, "
    "relpersistence = 'u' AS unlogged, pg_get_userbyid(relowner) AS owner, current_user AS role, "
    "pg_has_role(relowner, 'USAGE') AS owned, current_schema() AS schema, "
    "has_schema_privilege(current_schema(), 'CREATE') AS creates, "
    "EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = pg_class.oid) AS inherited, "
    "relnamespace::regnamespace::text AS lies_in, "
    "relnamespace = current_schema()::regnamespace AS first "
    "FROM pg_class WHERE oid = to_regclass(quote_ident(:name))"
)


def find_tables(connection: Connection, options: AdoptionOptions) -> dict[str, str]:
    """Return the current names of the tables to adopt, by the names that userctl gives them.

    Raises:
        DatabaseNotMigrated: if there is none.
        InvalidInput: if a chosen table does not exist.
    """
    present = inspect(connection).get_table_names()
    is_adopted = current_revision(connection) is not None
    names = {}
    for our_name, option in zip(TABLES, (options.users_table, options.tokens_table), strict=True):
        name = _current_name(connection, option or our_name, present)
        if name is None and option is not None:
            # Tables that were adopted before have our names already.
            name = our_name if is_adopted and our_name in present else None
            if name is None:
                raise InvalidInput(
                    f"There is no table {quote(option)}{_describe_similar(connection)}."
                )
        if name is not None:
            names[our_name] = name
    if not names:
        raise DatabaseNotMigrated(
            f"The database has no tables to adopt: neither {' nor '.join(TABLES)} exists"
            f"{_describe_similar(connection)}.",
            hint="Name them with --users-table and --tokens-table, or create new ones with "
            "'userctl db migrate'.",
        )
    return names


def needs_rename(connection: Connection, options: AdoptionOptions) -> bool:
    """Tell whether tables have other names than ours, and could be renamed.

    Raises:
        DatabaseNotMigrated, InvalidInput: as :func:`find_tables` does.
    """
    names = find_tables(connection, options)
    has_other_names = any(our_name != name for our_name, name in names.items())
    return has_other_names and not any(kind_problems(connection, names))


def missing_users(connection: Connection) -> Change:
    """Return the problem that there is a table of tokens but none of users."""
    detail = f"the table is missing; name it with --users-table{_describe_similar(connection)}"
    return problem("users", "users", detail)


def kind_problems(connection: Connection, tables: Mapping[str, str]) -> Iterator[Change]:
    """Yield problems with tables of a kind that cannot be adopted.

    Args:
        connection: the database.
        tables: what :func:`find_tables` returned.
    """
    present = inspect(connection).get_table_names()
    for our_name, name in tables.items():
        if name != our_name and our_name in present:
            yield problem(
                our_name, our_name, f"this table exists besides {name}; rename or drop it"
            )
        if connection.dialect.name == "postgresql":
            details = _postgresql_problems(connection, name)
        else:
            details = _sqlite_problems(connection, name)
        for detail in details:
            yield problem(our_name, name, detail)


def _postgresql_problems(connection: Connection, name: str) -> Iterator[str]:
    kind = connection.execute(_POSTGRESQL_KIND, {"name": name}).one()
    if not kind.first:
        yield (
            f"the table is in the schema {kind.lies_in}, and the search_path begins with "
            f"{kind.schema}; let it begin with {kind.lies_in}"
        )
    if not kind.owned:
        yield (
            f"the table belongs to the role {kind.owner}, and only its owner can change it; "
            f"connect as {kind.owner} or as a member of that role"
        )
    if not kind.creates:
        yield f"the role {kind.role} cannot create tables in the schema {kind.schema}"
    if kind.partitioned:
        yield "the table is partitioned, so nothing makes ids and addresses unique"
    elif kind.partition:
        yield "the table is a partition, and only its parent can get columns"
    elif kind.inherited:
        yield "other tables inherit from it, so nothing makes ids and addresses unique"
    if kind.unlogged:
        yield "the table is unlogged, and others cannot refer to it; use ALTER TABLE SET LOGGED"


def _sqlite_problems(connection: Connection, name: str) -> Iterator[str]:
    kind = connection.execute(
        text("SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = :name"),
        {"name": name},
    ).scalar()
    if kind != "table":
        yield f"the table is of the kind {kind}, which cannot be changed"


def _current_name(connection: Connection, table_name: str, present: list[str]) -> str | None:
    if table_name in present:
        return table_name
    if connection.dialect.name == "sqlite":
        # There, names that differ only in the case of ASCII letters are the same.
        return next((name for name in present if name.lower() == table_name.lower()), None)
    return None


def _describe_similar(connection: Connection) -> str:
    """Return the similar names that may be meant, as the end of a sentence."""
    inspector = inspect(connection)
    names = [*inspector.get_table_names(), *(f"{v} (a view)" for v in inspector.get_view_names())]
    similar = sorted(name for name in names if any(word in name.lower() for word in _SIMILAR_WORDS))
    shown_names = ", ".join(similar[:_SIMILAR_LISTED])
    return f" (there are: {shown_names})" if shown_names else ""
