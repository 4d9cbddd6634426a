"""One page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator

T = TypeVar("T")

LARGEST_ID = 2**31 - 1
"""The largest value of an integer column on PostgreSQL."""

Count = Annotated[int, AfterValidator(lambda number: max(0, min(number, LARGEST_ID)))]
"""A number of rows, or an id, that every database can take."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some records, and whether there are more after them."""

    items: Sequence[T]
    more: bool
