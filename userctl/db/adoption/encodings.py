"""Text of the application that is not UTF-8, which only some databases store."""

from collections.abc import Iterator

from sqlalchemy import Connection, String, column, select, table

from userctl.db.adoption.addresses import BATCH
from userctl.db.adoption.change import IDS_LISTED, Change, problem
from userctl.db.adoption.columns import present_columns, wanted_columns
from userctl.models.unreadable import has_bad_bytes


def text_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield the columns of a table with text that is not UTF-8.

    PostgreSQL makes sure of the encoding of a database, unless that is SQL_ASCII.
    """
    if (
        connection.dialect.name == "postgresql"
        and connection.exec_driver_sql("SHOW server_encoding").scalar() != "SQL_ASCII"
    ):
        return
    present = present_columns(connection, name)
    texts = [
        wanted.name
        for wanted in wanted_columns(name).values()
        if isinstance(wanted.type, String) and wanted.name in present
    ]
    found: dict[str, list[int]] = {text: [] for text in texts}
    rows = table(name, column("id"), *map(column, texts))
    query = select(rows).order_by(rows.c.id).execution_options(yield_per=BATCH)
    for number, *values in connection.execute(query):
        for text, value in zip(texts, values, strict=True):
            if isinstance(value, str) and has_bad_bytes(value):
                found[text].append(number)
    for text, ids in found.items():
        if ids:
            yield problem(name, text, "text is not UTF-8", rows=len(ids), ids=ids[:IDS_LISTED])
