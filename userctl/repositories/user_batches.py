"""Finds, locks, updates and deletes many users with few statements."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case
from sqlalchemy import select as core_select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, literal, or_, select, update

from userctl.core.chunks import split_into_chunks
from userctl.core.errors import TransactionConflict, UserExists
from userctl.models import ApiToken, RefreshToken, User
from userctl.repositories.changes import change
from userctl.repositories.full_windows import FullWindows
from userctl.repositories.shared_addresses import OWNER_FIRST
from userctl.repositories.stored_values import bindable_value, has_value
from userctl.repositories.user_filter import conditions
from userctl.repositories.user_order import EmailPrefixOrder
from userctl.repositories.violations import violates_uniqueness
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.users import UserQuery


class UserBatchRepository:
    """The users, many at once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_id(self, ids: Sequence[int]) -> dict[int, User]:
        """Return the users with some ids."""
        usable = [number for number in ids if number <= LARGEST_ID]
        return {user.id: user for user in self._select(col(User.id), usable) if user.id is not None}

    def by_email(self, emails: Sequence[str]) -> dict[str, list[User]]:
        """Return the users with each of some addresses, the rightful owner first."""
        users: dict[str, list[User]] = {}
        for user in self._select(col(User.email), emails):
            users.setdefault(user.email, []).append(user)
        return users

    def matching_ids(self, query: UserQuery, full: FullWindows) -> Sequence[int]:
        """Return the ids of all users that a query asks for, in ascending order."""
        statement = core_select(col(User.id)).where(*self._conditions(query, full))
        return self._session.execute(statement.order_by(col(User.id))).scalars().all()

    def lock(
        self, ids: Sequence[int], query: UserQuery | None = None, full: FullWindows | None = None
    ) -> dict[int, User]:
        """Return the users with some ids as they are now, locked until the transaction ends.

        Args:
            ids: the ids.
            query: the query that found the users, if any, which they must still match.
            full: the windows whose users are throttled; needed if the query asks for those.
        """
        criteria = [] if query is None else self._conditions(query, full)
        users: dict[int, User] = {}
        # In the order of the ids, or two transactions could deadlock.
        for chunk in split_into_chunks(sorted(ids)):
            statement = select(User).where(col(User.id).in_(chunk), *criteria)
            statement = statement.order_by(col(User.id)).with_for_update()
            locked_users = self._session.exec(statement.execution_options(populate_existing=True))
            users |= {user.id: user for user in locked_users if user.id is not None}
        return users

    def update(self, changes: Sequence[tuple[User, dict[str, Any]]], now: datetime) -> None:
        """Set columns of users, if they still have the values we saw.

        Args:
            changes: the users and their new values; each has the same columns.
            now: the time of the change.

        Raises:
            ChangeIgnored: if a trigger ignored a change.
            UserExists: if enabling a user whose address another user has.
            TransactionConflict: if another process changed these columns meanwhile.
        """
        dialect = self._session.connection().dialect.name
        for chunk in split_into_chunks(changes):
            names = [*chunk[0][1]]
            ids = [user.id for user, _ in chunk]
            values = {name: _new_value(name, chunk, dialect) for name in names}
            unchanged = (_is_unchanged(user, names, dialect) for user, _ in chunk)
            statement = update(User).values(**values | {"updated_at": now})
            criteria = (col(User.id).in_(ids), or_(*unchanged))
            try:
                with self._session.begin_nested():
                    count = change(self._session, statement, *criteria, expected=len(chunk))
            except IntegrityError as error:
                if violates_uniqueness(error):
                    self._raise_if_exists(ids, error)
                raise
            if count != len(chunk):
                raise TransactionConflict("Another process changed these users.")
            self._reload(ids)

    def delete(self, ids: Sequence[int]) -> None:
        """Delete users with their tokens."""
        for chunk in split_into_chunks(ids):
            # An application's foreign keys may not cascade, and SQLite may reuse an id.
            for table in (ApiToken, RefreshToken):
                change(self._session, delete(table), col(table.user_id).in_(chunk))
            criterion = col(User.id).in_(chunk)
            change(self._session, delete(User), criterion, expected=len(chunk))

    def addresses_beginning(self, text: str, limit: int) -> Sequence[str]:
        """Return some addresses that begin with a text."""
        order = EmailPrefixOrder(text, self._session.connection().dialect.name, descending=False)
        statement = core_select(col(User.email)).where(*order.after(None))
        return (
            self._session.execute(statement.order_by(*order.clauses).limit(limit)).scalars().all()
        )

    def first_addresses(self, limit: int) -> Sequence[str]:
        """Return the addresses of the users with the smallest ids."""
        statement = core_select(col(User.email)).order_by(col(User.id)).limit(limit)
        return self._session.execute(statement).scalars().all()

    def _conditions(self, query: UserQuery, full: FullWindows | None) -> list[Any]:
        connection = self._session.connection()
        criteria = conditions(connection, User, query, full)
        if query.beginning is not None:
            order = EmailPrefixOrder(query.beginning, connection.dialect.name, descending=False)
            criteria += order.after(None)
        return criteria

    def _select(self, column: Any, values: Sequence[Any]) -> Iterator[User]:
        for chunk in split_into_chunks(values):
            query = select(User).where(column.in_(chunk)).order_by(*OWNER_FIRST)
            yield from self._session.exec(query)

    def _raise_if_exists(self, ids: Sequence[int | None], error: IntegrityError) -> None:
        other: Any = aliased(User)
        query = core_select(col(User.email), other.id).join(other, other.email == User.email)
        query = query.where(col(User.id).in_(ids), other.id != User.id).order_by(col(User.id))
        for email, existing_id in self._session.execute(query.limit(1)):
            raise UserExists(f"{email} already exists (id {existing_id}).") from error

    def _reload(self, ids: Sequence[int | None]) -> None:
        statement = select(User).where(col(User.id).in_(ids))
        self._session.exec(statement.execution_options(populate_existing=True)).all()


def _new_value(name: str, changes: Sequence[tuple[User, dict[str, Any]]], dialect: str) -> Any:
    """Return the new value of a column: the same for all, or an expression for that of each."""
    column = User.metadata.tables["users"].columns[name]
    values = {user.id: bindable_value(new_values[name], dialect) for user, new_values in changes}
    first = next(iter(values.values()))
    if len(values) == 1:
        return first
    # A value that another program stored may need an expression, which equals nothing.
    all_plain = not any(isinstance(value, ColumnElement) for value in values.values())
    if all_plain and all(value == first for value in values.values()):
        return first
    expressions = {
        number: value if isinstance(value, ColumnElement) else literal(value, column.type)
        for number, value in values.items()
    }
    return case(expressions, value=col(User.id))


def _is_unchanged(user: User, names: Sequence[str], dialect: str) -> ColumnElement[bool]:
    unchanged = [has_value(getattr(User, name), getattr(user, name), dialect) for name in names]
    return and_(col(User.id) == user.id, *unchanged)
