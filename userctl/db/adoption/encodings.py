"""Text of the application that cannot be read, or that an import would reject."""

from collections.abc import Iterator

from sqlalchemy import Connection, String, column, select, table

from userctl.core.errors import InvalidInput
from userctl.db.adoption.addresses import BATCH
from userctl.db.adoption.change import IDS_LISTED, Change, problem, warning
from userctl.db.adoption.columns import present_columns, wanted_columns
from userctl.models.unreadable_values import has_bad_bytes
from userctl.schemas.user_name import check_name


def text_changes(connection: Connection, name: str) -> Iterator[Change]:
    """Yield problems with the columns of a table whose text is not UTF-8.

    PostgreSQL enforces the encoding of a database, unless that is SQL_ASCII.
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
    ids_by_column: dict[str, list[int]] = {text: [] for text in texts}
    rows = table(name, column("id"), *map(column, texts))
    query = select(rows).order_by(rows.c.id).execution_options(yield_per=BATCH)
    for number, *values in connection.execute(query):
        for text, value in zip(texts, values, strict=True):
            if isinstance(value, str) and has_bad_bytes(value):
                ids_by_column[text].append(number)
    for text, ids in ids_by_column.items():
        if ids:
            yield problem(name, text, "text is not UTF-8", rows=len(ids), ids=ids[:IDS_LISTED])


def name_warnings(connection: Connection) -> Iterator[Change]:
    """Yield a warning about names that an import of an export would reject."""
    if "name" not in present_columns(connection, "users"):
        return
    rows = table("users", column("id"), column("name"))
    query = select(rows).where(rows.c.name.is_not(None), rows.c.name != "").order_by(rows.c.id)
    ids = [
        number
        for number, name in connection.execute(query.execution_options(yield_per=BATCH))
        if isinstance(name, str) and not has_bad_bytes(name) and not _is_name(name)
    ]
    if ids:
        shown_ids = ", ".join(map(str, ids[:IDS_LISTED]))
        detail = (
            "too long, blank or with invisible characters; an import of an export rejects it "
            f"without --correct-names: {shown_ids}"
        )
        yield warning("users", "name", detail, len(ids))


def _is_name(name: str) -> bool:
    try:
        check_name(name)
    except InvalidInput:
        return False
    return True
