"""Listing tokens: the API tokens first, the refresh tokens after them."""

import re
from collections.abc import Iterator
from datetime import datetime

from userctl.core.clock import Clock
from userctl.core.errors import InvalidInput
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models.api_token import API_ID_PREFIX
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas import TokenQuery, TokenRead
from userctl.schemas.page import LARGEST_ID, Page
from userctl.schemas.tokens import TokenKind
from userctl.services.shared.paging import STREAM_PAGE, all_pages
from userctl.services.shared.token_records import api_token_read, refresh_token_read
from userctl.services.users.lookup import find_user


class TokenListService:
    """The use cases that look at tokens as records, never at their text."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(self, query: TokenQuery) -> Page[TokenRead]:
        """Return one page of tokens.

        Raises:
            UserNotFound: if the owner does not exist.
            InvalidInput: if the list cannot go on after what is no id of a token.
        """
        limit = STREAM_PAGE if query.limit is None else min(query.limit, LARGEST_ID - 1)
        with self._database.reading() as uow:
            tokens = _tokens(uow, query, limit + 1, self._clock())
        return Page(items=tokens[:limit], more=len(tokens) > limit)

    def stream(self, query: TokenQuery) -> Iterator[TokenRead]:
        """Yield all tokens a query asks for, without holding them all."""
        return all_pages(self.page, query)


def token_id(text: str) -> tuple[TokenKind, int]:
    """Return what the id of a token says: its kind and number.

    Raises:
        InvalidInput: if the text is no such id. It is not repeated: it may be the token itself.
    """
    found = re.fullmatch(rf"({API_ID_PREFIX})?([0-9]{{1,30}})", text)
    if found is None:
        raise InvalidInput(
            "The id of a token is a number or 'api-' and a number, from 'userctl token list'.",
            hint="Hand a token itself over with --stdin.",
        )
    return "api" if found[1] else "refresh", int(found[2])


def filter_of(uow: UnitOfWork, query: TokenQuery, now: datetime) -> TokenFilter:
    """Return which tokens a query is about.

    Raises:
        UserNotFound: if the owner does not exist.
    """
    narrowed = query.expires_within is not None or query.unused_since is not None
    return TokenFilter(
        user_id=None if query.user is None else find_user(uow, query.user).id,
        state=query.state or ("active" if narrowed else None),
        expires_before=None if query.expires_within is None else now + query.expires_within,
        unused_since=None if query.unused_since is None else now - query.unused_since,
    )


def _tokens(uow: UnitOfWork, query: TokenQuery, count: int, now: datetime) -> list[TokenRead]:
    wanted = filter_of(uow, query, now)
    kind, after = ("api", 0) if query.after is None else token_id(query.after)
    after = min(after, LARGEST_ID)
    found: list[TokenRead] = []
    if query.kind != "refresh" and kind == "api":
        rows = uow.api_tokens.page(wanted, now, after=after, limit=count)
        found = [api_token_read(token, email, now) for token, email in rows]
    if query.kind != "api":
        rest, after = count - len(found), after if kind == "refresh" else 0
        sessions = uow.refresh_tokens.page(wanted, now, after=after, limit=rest)
        found += [refresh_token_read(token, email, now) for token, email in sessions]
    return found
