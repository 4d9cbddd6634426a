"""The fields of records, and the list that picks some of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from userctl.core.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import BaseModel


def field_names(schemas: "Sequence[type[BaseModel]]") -> list[str]:
    """Return the names of all fields of some schemas, each once."""
    names = (name for schema in schemas for name in schema.model_fields)
    return list(dict.fromkeys(names))


def parse_fields(text: str, known: Sequence[str]) -> list[str]:
    """Return the fields that are named in a comma-separated list.

    Raises:
        InvalidInput: for an unknown field, naming those there are, and for a repeated one.
    """
    names = [name.strip() for name in text.split(",")]
    for position, name in enumerate(names):
        if name not in known:
            raise InvalidInput(
                f"Unknown field '{name[:40]}'.", hint=f"The fields are {', '.join(known)}."
            )
        if name in names[:position]:
            raise InvalidInput(f"Field '{name}' is listed twice.")
    return names
