"""Tables, columns and indexes of the application with names that userctl needs."""

from collections.abc import Iterator

from sqlalchemy import Connection, Inspector, inspect

from userctl import models  # noqa: F401
from userctl.db.adoption.change import Apply, Change, problem, step
from userctl.db.adoption.columns import TABLES, present_columns, wanted_columns
from userctl.db.adoption.sharing import is_partial
from userctl.models.base import Base


def name_changes(connection: Connection) -> Iterator[Change]:
    """Yield what has the name of something that the migrations after the first create."""
    inspector, ours = inspect(connection), Base.metadata.tables
    taken = {*inspector.get_table_names(), *inspector.get_view_names()}
    for table in sorted(name for name in taken if name.lower() in set(ours) - set(TABLES)):
        yield problem(table, table, "the application has a table with this name; rename it")
    for table in TABLES:
        if not inspector.has_table(table):
            continue
        added = set(ours[table].columns.keys()) - set(wanted_columns(table))
        for name in sorted(set(present_columns(connection, table)) & added):
            yield problem(table, name, "userctl adds a column with this name; rename it")
    yield from _index_changes(inspector)


def _index_changes(inspector: Inspector) -> Iterator[Change]:
    ours = {
        str(index.name): (table.name, [column.name for column in index.columns])
        for table in Base.metadata.tables.values()
        for index in table.indexes
    }
    for table in inspector.get_table_names():
        for index in inspector.get_indexes(table):
            name, columns = str(index["name"]), index["column_names"]
            if name not in ours or (table, columns) == ("refresh_tokens", ["user_id"]):
                continue
            alike = table == ours[name][0] and columns == ours[name][1][: len(columns)]
            if alike and not index["unique"] and not is_partial(index):
                detail = "drop the index; a migration creates one that covers it"
                yield step(table, name, detail, _drop_index(name, table))
            else:
                yield problem(table, name, "userctl creates an index with this name; rename it")


def _drop_index(name: str, table: str) -> Apply:
    return lambda op: op.drop_index(name, table)
