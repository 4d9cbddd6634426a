"""Adopting the tables of an application."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class AdoptionChoices(BaseModel):
    """How to read the tables of an application.

    ``tokens_in_clear`` says that refresh tokens are not hashed although they look like hashes.
    ``users_table`` and ``tokens_table`` are the names of the tables, if they are not ours.
    """

    model_config = ConfigDict(frozen=True)

    tokens_in_clear: bool = False
    users_table: str | None = None
    tokens_table: str | None = None


class AdoptionOptions(AdoptionChoices):
    """What an adoption needs to know besides the choices.

    ``roles`` are the configured roles, and ``emptied`` is what is stored where a hash is
    null.
    """

    roles: tuple[str, ...]
    emptied: str


class AdoptionStep(BaseModel):
    """A step of an adoption, a warning, or a problem that prevents it.

    ``subject`` is a column, an index or another part of the table, or of the file if there is no
    table; ``rows`` is the number of rows concerned, and ``ids`` are the first of them.
    """

    kind: Literal["step", "warning", "problem"]
    table: str | None
    subject: str
    detail: str
    rows: int | None = None
    ids: list[int] = []
