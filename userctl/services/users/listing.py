"""Listing users, a page at a time or all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from userctl.core.clock import Clock
from userctl.core.errors import UserNotFound
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.repositories.full_windows import FullWindows
from userctl.repositories.stored_values import OnUnreadable
from userctl.repositories.user_order import Position
from userctl.schemas.page import Page
from userctl.schemas.users import UserQuery, UserRead
from userctl.services.shared.paging import STREAM_PAGE
from userctl.services.shared.records import read_rows
from userctl.services.shared.throttle_windows import full_windows
from userctl.services.users.records import user_read
from userctl.services.users.rules import require_role


class UserListService:
    """The use cases that read many users."""

    def __init__(
        self,
        database: Database,
        *,
        roles: Sequence[str],
        login_attempts: int,
        login_window: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._roles = roles
        self._attempts = login_attempts
        self._window = login_window
        self._clock = clock

    def page(self, query: UserQuery, on_unreadable: OnUnreadable | None = None) -> Page[UserRead]:
        """Return one page of users.

        Args:
            query: which users.
            on_unreadable: called with the error of each unreadable row; None raises it instead.

        Raises:
            InvalidInput: if the role is not configured.
            UserNotFound: if the page starts after a user who does not exist, and the list is not
                sorted by id.
        """
        if query.role is not None:
            require_role(query.role, self._roles)
        limit, now = query.limit, self._clock()
        query = with_times(query, now)
        wanted = query.model_copy(update={"limit": None if limit is None else limit + 1})
        with self._database.reading() as uow:
            position = _position_after(uow, query)
            found = uow.user_pages.page(wanted, position, self._full_windows(now))
            shown = [user for user, _ in found[:limit]]
            users = read_rows(shown, user_read, on_unreadable)
        more = limit is not None and len(found) > limit
        return Page(items=users, more=more, after=shown[-1].id if shown else None)

    def stream(
        self, query: UserQuery, on_unreadable: OnUnreadable | None = None
    ) -> Iterator[UserRead]:
        """Return all users that a query asks for, read page by page.

        Raises:
            InvalidInput, UserNotFound: at once, as :meth:`page` does.
        """
        if query.role is not None:
            require_role(query.role, self._roles)
        query = with_times(query, self._clock())
        with self._database.reading() as uow:
            position = _position_after(uow, query)
        return self._pages(query, position, on_unreadable)

    def _pages(
        self, query: UserQuery, position: Position | None, on_unreadable: OnUnreadable | None
    ) -> Iterator[UserRead]:
        wanted, full = (
            query.model_copy(update={"limit": STREAM_PAGE}),
            self._full_windows(self._clock()),
        )
        while True:
            with self._database.reading() as uow:
                found = uow.user_pages.page(wanted, position, full)
                users = read_rows([user for user, _ in found], user_read, on_unreadable)
            yield from users
            if len(found) < STREAM_PAGE:
                return
            wanted = wanted.model_copy(update={"skip": 0})
            position = found[-1][1]

    def _full_windows(self, now: datetime) -> FullWindows:
        return full_windows(now, self._attempts, self._window)


def with_times(query: UserQuery, now: datetime) -> UserQuery:
    """Return a query whose ages are replaced by times."""
    since = query.created_since
    if not isinstance(since, timedelta):
        return query
    return query.model_copy(update={"created_since": now - since})


def _position_after(uow: UnitOfWork, query: UserQuery) -> Position | None:
    if query.after is None:
        return None
    if query.sort == "id":
        return query.after, query.after
    position = uow.user_pages.position(query, query.after)
    if position is None:
        raise UserNotFound(f"There is no user {query.after} to start after.")
    return position
