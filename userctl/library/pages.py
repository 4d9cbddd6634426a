"""Pages of records, for the library."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from userctl.core.errors import RowUnreadable
from userctl.schemas.page import Page

T = TypeVar("T")


def readable_page(list_page: Callable[..., Page[T]], query: Any) -> Page[T]:
    """Return a page of the readable rows, with the errors of the others.

    Args:
        list_page: returns a page, and calls its second argument for each row that cannot be read.
        query: what it lists.
    """
    unreadable: list[RowUnreadable] = []
    return replace(list_page(query, unreadable.append), unreadable=unreadable)
