"""One page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Protocol, TypeVar

from pydantic import AfterValidator

from userctl.core.errors import RowUnreadable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LARGEST_ID = 2**63 - 1
"""The largest id on every database: ids have 64 bits."""

LARGEST_COUNT = 2**31 - 2
"""The largest number of rows in a page, so that adding 1 overflows in no database."""

Count = Annotated[int, AfterValidator(lambda number: max(0, min(number, LARGEST_COUNT)))]
"""A number of rows, limited to what every database accepts."""

AfterId = Annotated[int, AfterValidator(lambda number: max(0, min(number, LARGEST_ID)))]
"""The id after which a page starts, limited to what every database accepts."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some records, and whether there are more after them.

    ``after`` is the id of the last row of the page, even if it could not be read. In the library,
    ``unreadable`` says why other rows of the page are not among its items.
    """

    items: Sequence[T]
    more: bool
    after: int | None = None
    unreadable: Sequence[RowUnreadable] = ()


class AnyPage(Protocol[T_co]):
    """A page of records whose ids are numbers or text."""

    @property
    def items(self) -> Sequence[T_co]:
        """The records."""

    @property
    def more(self) -> bool:
        """Whether there are more after them."""

    @property
    def after(self) -> int | str | None:
        """The id of the last row."""
