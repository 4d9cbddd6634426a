"""Adopting the tables of an application."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class AdoptionChoices(BaseModel):
    """How to read the tables of an application.

    ``tokens_in_clear`` says that refresh tokens are not hashed although they look like hashes.
    ``keep_odd_addresses`` adopts users with invalid or missing addresses as they are; ``leave_out``
    disables them in userctl only. With both, only users that cannot be kept are disabled, such as
    several with the same address. ``users_table`` and ``tokens_table`` are the names of the tables,
    if they differ from ours.
    """

    model_config = ConfigDict(frozen=True)

    tokens_in_clear: bool = False
    keep_odd_addresses: bool = False
    leave_out: bool = False

    users_table: str | None = None
    tokens_table: str | None = None


class AdoptionOptions(AdoptionChoices):
    """The choices, and what else an adoption needs.

    ``now`` is the time of the adoption, ``roles`` are the configured roles, and ``null_hash``
    replaces a hash that is null.
    """

    now: datetime
    roles: tuple[str, ...]
    null_hash: str


class AdoptionStep(BaseModel):
    """A step of an adoption, a warning, or a problem that prevents it.

    ``subject`` is a column, an index or another part of the table, or of the file if there is no
    table; ``rows`` is the number of affected rows, and ``ids`` are the ids of the first ones.
    """

    kind: Literal["step", "warning", "problem"]
    table: str | None
    subject: str
    detail: str
    rows: int | None = None
    ids: list[int] = []
