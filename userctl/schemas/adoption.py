"""Adopting the tables of an application."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class AdoptionChoices(BaseModel):
    """How to read the tables of an application.

    ``tokens_in_clear`` says that refresh tokens are not hashed although they look like hashes.
    ``keep_odd_addresses`` adopts users whose addresses are not valid, or missing, as they are;
    ``leave_out`` disables them here alone, and with both, only those that cannot be kept, such as
    several with the same address. ``users_table`` and ``tokens_table`` are the names of the tables,
    if they are not ours.
    """

    model_config = ConfigDict(frozen=True)

    tokens_in_clear: bool = False
    keep_odd_addresses: bool = False
    leave_out: bool = False

    users_table: str | None = None
    tokens_table: str | None = None


class AdoptionOptions(AdoptionChoices):
    """What an adoption needs to know besides the choices.

    ``now`` is the time of the adoption, ``roles`` are the configured roles, and ``emptied`` is
    what is stored where a hash is null.
    """

    now: datetime
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
