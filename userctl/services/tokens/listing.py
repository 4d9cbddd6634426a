"""Listing tokens: API tokens first, then refresh tokens."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from userctl.core.clock import Clock
from userctl.core.errors import InvalidInput
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models.api_token import API_ID_PREFIX
from userctl.repositories.stored_values import OnUnreadable
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas.page import LARGEST_COUNT, LARGEST_ID
from userctl.schemas.tokens import TokenKind, TokenPage, TokenQuery, TokenRead
from userctl.services.shared.paging import STREAM_PAGE, all_pages
from userctl.services.shared.records import read_rows
from userctl.services.shared.token_records import api_token_id, api_token_read, refresh_token_read
from userctl.services.users.lookup import find_user


class TokenListService:
    """The use cases that list tokens, never with their text."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(self, query: TokenQuery, on_unreadable: OnUnreadable | None = None) -> TokenPage:
        """Return one page of tokens.

        Args:
            query: which tokens.
            on_unreadable: called with the error of each unreadable row; None raises it instead.

        Raises:
            UserNotFound: if the user of the query does not exist.
            InvalidInput: if ``after`` is not the id of a token.
        """
        limit = STREAM_PAGE if query.limit is None else min(query.limit, LARGEST_COUNT)
        with self._database.reading() as uow:
            found = _find_tokens(uow, query, limit + 1, self._clock())
            shown = found[:limit]
            tokens = read_rows(shown, lambda token: token.read(), on_unreadable)
        return TokenPage(tokens, more=len(found) > limit, after=shown[-1].id if shown else None)

    def stream(
        self, query: TokenQuery, on_unreadable: OnUnreadable | None = None
    ) -> Iterator[TokenRead]:
        """Yield all tokens that a query asks for, without holding them all in memory."""
        return all_pages(partial(self.page, on_unreadable=on_unreadable), query)


@dataclass(frozen=True)
class _ListedToken:
    """A token to list: its id, and a function to read its record."""

    id: str
    read: Callable[[], TokenRead]


def parse_token_id(text: str) -> tuple[TokenKind, int]:
    """Return the kind and the number of a token from its id.

    Raises:
        InvalidInput: if the text is not such an id. It is not repeated, because it may be a token.
    """
    match = re.fullmatch(rf"({API_ID_PREFIX})?([0-9]{{1,30}})", text)
    if match is None:
        raise InvalidInput(
            "Not a token id. Use a number or 'api-' and a number, from 'userctl token list'.",
            hint="Pass a token itself on standard input with --stdin.",
        )
    return "api" if match[1] else "refresh", int(match[2])


def token_filter(uow: UnitOfWork, query: TokenQuery, now: datetime) -> TokenFilter:
    """Return the filter for a query.

    Raises:
        UserNotFound: if the user of the query does not exist.
    """
    only_active = query.expires_within is not None or query.unused_since is not None
    return TokenFilter(
        user_id=None if query.user is None else find_user(uow, query.user).id,
        state=query.state or ("active" if only_active else None),
        expires_before=None if query.expires_within is None else now + query.expires_within,
        unused_since=None if query.unused_since is None else now - query.unused_since,
    )


def _find_tokens(
    uow: UnitOfWork, query: TokenQuery, count: int, now: datetime
) -> list[_ListedToken]:
    wanted = token_filter(uow, query, now)
    kind, after = ("api", 0) if query.after is None else parse_token_id(query.after)
    after = min(after, LARGEST_ID)
    found: list[_ListedToken] = []
    if query.kind != "refresh" and kind == "api":
        for issued, email in uow.api_tokens.page(wanted, now, after=after, limit=count):
            read = partial(api_token_read, issued, email, now)
            found.append(_ListedToken(api_token_id(issued), read))
    if query.kind != "api":
        rest, after = count - len(found), after if kind == "refresh" else 0
        for token, email in uow.refresh_tokens.page(wanted, now, after=after, limit=rest):
            found.append(
                _ListedToken(str(token.id), partial(refresh_token_read, token, email, now))
            )
    return found
