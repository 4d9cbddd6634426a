"""Listing sessions, one record for each, however often it was refreshed."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from userctl.core.clock import Clock
from userctl.core.errors import SessionNotFound
from userctl.db.transaction.unit_of_work import Database
from userctl.repositories.stored_values import OnUnreadable
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas.page import LARGEST_COUNT, Page
from userctl.schemas.session import SessionQuery, UserSessionRead
from userctl.services.sessions.lookup import find_session
from userctl.services.shared.paging import STREAM_PAGE, all_pages
from userctl.services.shared.records import read_rows
from userctl.services.shared.session_records import find_sessions, sessions_of_tokens
from userctl.services.users.lookup import find_user


class SessionListService:
    """The use cases that read sessions.

    Args:
        database: where they are kept.
        access_lifetime: how long an access token lasts.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, *, access_lifetime: timedelta, clock: Clock) -> None:
        self._database = database
        self._lifetime = access_lifetime
        self._clock = clock

    def page(
        self, query: SessionQuery, on_unreadable: OnUnreadable | None = None
    ) -> Page[UserSessionRead]:
        """Return one page of sessions.

        A session that is refreshed while pages are read moves to the end, so that it may be read
        twice, but is never missed.

        Args:
            query: which sessions.
            on_unreadable: called with the error of each unreadable row; None raises it instead.

        Raises:
            UserNotFound: if the user of the query does not exist.
        """
        limit = STREAM_PAGE if query.limit is None else min(query.limit, LARGEST_COUNT)
        with self._database.reading() as uow:
            user_id = None if query.user is None else find_user(uow, query.user).id
            wanted = TokenFilter(user_id=user_id, state=query.state, current=True)
            found = find_sessions(
                uow, wanted, self._clock(), self._lifetime, after=query.after or 0, limit=limit + 1
            )
            shown = found[:limit]
            sessions = read_rows(shown, lambda session: session.read(), on_unreadable)
        return Page(sessions, more=len(found) > limit, after=shown[-1].token if shown else None)

    def stream(
        self, query: SessionQuery, on_unreadable: OnUnreadable | None = None
    ) -> Iterator[UserSessionRead]:
        """Yield all sessions that a query asks for, read page by page."""
        return all_pages(partial(self.page, on_unreadable=on_unreadable), query)

    def show(self, reference: str) -> UserSessionRead:
        """Return a session by its id, or by the beginning of its id.

        Raises:
            InvalidInput: if the text is not such an id.
            SessionNotFound: if there is no such session.
        """
        with self._database.reading() as uow:
            token = find_session(uow, reference)
            user = uow.users.get(token.user_id)
            if user is None:
                raise SessionNotFound("Another process deleted the user of the session just now.")
            [found] = sessions_of_tokens(uow, [(token, user.email)], self._clock(), self._lifetime)
            return found.read()
