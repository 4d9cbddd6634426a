"""Lists that are read page after page."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from userctl.schemas.page import Page

Query = TypeVar("Query", bound=BaseModel)
Record = TypeVar("Record", bound=BaseModel)

STREAM_PAGE = 1000
"""How many records a page has that nobody asked for by number."""


def all_pages(read: Callable[[Query], Page[Record]], query: Query) -> Iterator[Record]:
    """Yield all records that a query asks for, without holding them all.

    Args:
        read: reads a page; the query says where it begins with ``after``, the id of a record.
        query: what is asked for; how many at once is not.
    """
    following: dict[str, Any] = {"limit": None}
    more = True
    while more:
        page = read(query.model_copy(update=following))
        yield from page.items
        more = page.more
        following["after"] = getattr(page.items[-1], "id", None) if page.items else None
