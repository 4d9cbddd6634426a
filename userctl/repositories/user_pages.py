"""Reads many users in an order."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import select as core_select
from sqlalchemy.types import NULLTYPE
from sqlmodel import Session, col, select, type_coerce

from userctl.models import DeletedUser, User
from userctl.models.own_hash import own_hash_expression
from userctl.repositories.full_windows import FullWindows
from userctl.repositories.stored_values import UndecodableText, native_text
from userctl.repositories.user_filter import conditions
from userctl.repositories.user_order import ListOrder, Position
from userctl.schemas.users import UserQuery

OWN_HASH = "own_hash"
"""The hash of the user's own password, wherever it is."""


class UserPageRepository:
    """The users, a page or a chunk at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def position(self, query: UserQuery, user_id: int) -> Position | None:
        """Return the position of a user in the order of a query; None if there is no such user.

        A user who was deleted meanwhile, and can be restored, keeps the former position.
        """
        for model in (User, DeletedUser):
            key = ListOrder(self._session.connection(), query, model).key
            sort_key = self._session.exec(select(key).where(col(model.id) == user_id)).first()
            if sort_key is not None:
                return sort_key, user_id
        return None

    def page(
        self, query: UserQuery, position: Position | None, full: FullWindows | None = None
    ) -> list[tuple[User, Position]]:
        """Return the users that a query asks for, in its order, with their positions.

        Args:
            query: which users, how sorted and how many; its ``after`` is ignored.
            position: the position after which the page starts.
            full: the windows whose users are throttled; needed if the query asks for those.
        """
        connection = self._session.connection()
        order = ListOrder(connection, query)
        statement = select(User, order.key).where(*conditions(connection, User, query, full))
        statement = statement.where(*order.after(position)).order_by(*order.clauses)
        rows = self._session.execute(statement.offset(query.skip or None).limit(query.limit))
        return [(user, (value, user.id)) for user, value in rows]

    def chunks(
        self, columns: Sequence[str], size: int, set_name: str | None = None
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Yield all users in the order of their ids, a chunk at a time, without keeping any.

        Args:
            columns: the names of the columns to read, or ``OWN_HASH``; ``id`` is the first. Their
                values are those of the driver, not converted.
            size: how many users a chunk has.
            set_name: the set of declared users that is read; None for all users.
        """
        expressions: list[Any] = [
            own_hash_expression(User) if c == OWN_HASH else getattr(User, c) for c in columns
        ]
        raw_columns = (type_coerce(column, NULLTYPE) for column in expressions)
        statement = core_select(*raw_columns).order_by(col(User.id))
        if set_name is not None:
            statement = statement.where(col(User.managed_by) == set_name)
        connection, last_id = self._session.connection(), None
        try:
            with native_text(connection):
                for chunk in _partitions(connection, statement, size):
                    yield chunk
                    last_id = chunk[-1][0]
        except UndecodableText:
            rest = statement if last_id is None else statement.where(col(User.id) > last_id)
            yield from _partitions(connection, rest, size)


def _partitions(
    connection: Connection, statement: Any, size: int
) -> Iterator[Sequence[Sequence[Any]]]:
    result = connection.execute(statement, execution_options={"yield_per": size})
    yield from result.partitions()
