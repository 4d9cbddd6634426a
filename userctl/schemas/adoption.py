"""What it takes to work on the tables of an application."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class AdoptionOptions(BaseModel):
    """How the tables of an application are to be read.

    ``tokens_in_clear`` says that refresh tokens which look like hashes are none. ``roles`` are
    those that are configured, and ``unmatchable`` is the hash of an account without a password.
    """

    model_config = ConfigDict(frozen=True)

    tokens_in_clear: bool = False
    roles: tuple[str, ...]
    unmatchable: str


class AdoptionStep(BaseModel):
    """A step of an adoption, a warning, or a problem that stands in its way.

    ``subject`` is a column, an index or whatever else of the table, or of the file where no table
    is named, ``rows`` how many rows are concerned, and ``ids`` those of the first ones.
    """

    kind: Literal["step", "warning", "problem"]
    table: str | None
    subject: str
    detail: str
    rows: int | None = None
    ids: list[int] = []
