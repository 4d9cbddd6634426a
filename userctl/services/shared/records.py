"""Turns stored rows into records, whatever another program wrote there."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from userctl.core.errors import RowUnreadable
from userctl.core.text import LONGEST_QUOTE
from userctl.models.unreadable_values import display_text, unreadable_reason
from userctl.repositories.stored_values import OnUnreadable

R = TypeVar("R")
T = TypeVar("T", bound=BaseModel)


def validate_record(schema: type[T], table: str, row: object, /, **values: object) -> T:
    """Return a record made of stored values.

    Args:
        schema: the record.
        table: the table of the row.
        row: its id.
        values: the stored values.

    Raises:
        RowUnreadable: naming the row and the column, if another program stored an invalid value.
    """
    # SQLite stores values of any type, and pydantic accepts bytes as text.
    texts = {name: value for name, value in values.items() if isinstance(value, str | bytes)}
    require_text(table, row, **texts)
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise RowUnreadable(table, row, name, _reason(values.get(name))) from None


def require_text(table: str, row: object, /, **values: object) -> None:
    """Make sure that stored values are text, or missing.

    Raises:
        RowUnreadable: naming the row and the column.
    """
    for name, value in values.items():
        if value is not None and (reason := unreadable_reason(value, str)):
            raise RowUnreadable(table, row, name, reason)


def read_rows(
    rows: Iterable[R], read: Callable[[R], T], on_unreadable: OnUnreadable | None
) -> list[T]:
    """Return the records of all rows that can be read, and report the others.

    Args:
        rows: the rows.
        read: makes a record of a row.
        on_unreadable: called with the error of each unreadable row; None raises it instead.
    """
    records = []
    for row in rows:
        try:
            records.append(read(row))
        except RowUnreadable as error:
            if on_unreadable is None:
                raise
            on_unreadable(error)
    return records


def _reason(value: object) -> str:
    return unreadable_reason(value, str) or f"is not valid: '{display_text(value)[:LONGEST_QUOTE]}'"
