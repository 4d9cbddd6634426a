"""Tables, columns and indexes of the application with names that userctl needs."""

from collections.abc import Iterator

from sqlalchemy import Connection, Inspector, inspect

from userctl import models  # noqa: F401
from userctl.db.adoption.change import Apply, Change, problem, step
from userctl.db.adoption.columns import TABLES, present_columns, wanted_columns
from userctl.db.adoption.sharing import is_partial
from userctl.models.base import Base


def name_changes(connection: Connection) -> Iterator[Change]:
    """Yield the changes and problems of names that the migrations after the first need."""
    inspector, our_tables = inspect(connection), Base.metadata.tables
    existing_names = {*inspector.get_table_names(), *inspector.get_view_names()}
    for table in sorted(
        name for name in existing_names if name.lower() in set(our_tables) - set(TABLES)
    ):
        yield problem(table, table, "the application has a table with this name; rename it")
    for table in TABLES:
        if not inspector.has_table(table):
            continue
        added_columns = set(our_tables[table].columns.keys()) - set(wanted_columns(table))
        for name in sorted(set(present_columns(connection, table)) & added_columns):
            yield problem(table, name, "userctl adds a column with this name; rename it")
    yield from _index_changes(inspector)


def _index_changes(inspector: Inspector) -> Iterator[Change]:
    our_indexes = {
        str(index.name): (table.name, [column.name for column in index.columns])
        for table in Base.metadata.tables.values()
        for index in table.indexes
    }
    for table in inspector.get_table_names():
        for index in inspector.get_indexes(table):
            name, columns = str(index["name"]), index["column_names"]
            if name not in our_indexes or (table, columns) == ("refresh_tokens", ["user_id"]):
                continue
            is_covered = (
                table == our_indexes[name][0] and columns == our_indexes[name][1][: len(columns)]
            )
            if is_covered and not index["unique"] and not is_partial(index):
                detail = "drop the index; a migration creates one that covers it"
                yield step(table, name, detail, _drop_index(name, table))
            else:
                yield problem(table, name, "userctl creates an index with this name; rename it")


def _drop_index(name: str, table: str) -> Apply:
    return lambda op: op.drop_index(name, table)
