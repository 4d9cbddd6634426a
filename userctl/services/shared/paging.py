"""Lists that are read page by page."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from userctl.schemas.page import AnyPage

Query = TypeVar("Query", bound=BaseModel)
Record = TypeVar("Record", bound=BaseModel)

STREAM_PAGE = 1000
"""The size of a page when no limit is given."""


def all_pages(read: Callable[[Query], AnyPage[Record]], query: Query) -> Iterator[Record]:
    """Yield all records that a query asks for, without holding them all in memory.

    Args:
        read: reads a page; ``after`` of the query is the id after which it starts.
        query: the query; its limit is ignored.
    """
    changes: dict[str, Any] = {"limit": None}
    more = True
    while more:
        page = read(query.model_copy(update=changes))
        yield from page.items
        more = page.more
        changes["after"] = page.after
