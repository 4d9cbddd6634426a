"""Turns what is stored into records, whatever another program left there."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from userctl.core.errors import DatabaseDamaged
from userctl.core.text import escape_invisible

T = TypeVar("T", bound=BaseModel)


def validate_record(schema: type[T], row: str, /, **values: object) -> T:
    """Return a record made of stored values.

    Args:
        schema: the record.
        row: what the row is called in an error message.
        values: the stored values.

    Raises:
        DatabaseDamaged: naming the row and the field, if another program stored nonsense there.
    """
    # SQLite stores whatever type another program hands it.
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DatabaseDamaged(
            f"The field '{escape_invisible(field)}' of {row} cannot be read."
        ) from None
