"""The order in which users are listed, and where the next page starts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, UnaryExpression
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import NULLTYPE
from sqlmodel import col, func, literal, tuple_, type_coerce

from userctl.models import DeletedUser, User
from userctl.repositories.shared_addresses import all_have_own_address
from userctl.repositories.stored_values import bindable_value
from userctl.schemas.users import UserQuery

_UNIQUE_KEYS = {"id", "email"}

Position = tuple[Any, int]
"""The sort key of a user, as the driver returns it, and the id."""


class ListOrder:
    """The order that a query asks for.

    Args:
        connection: the database.
        query: the query.
        model: the table; deleted users have a position in the order too.

    Attributes:
        key: the sort key, read as the driver returns it: a time that another program wrote to
            SQLite in its own format would not equal the same time in ours.
        clauses: the clauses that the users are sorted by.
    """

    def __init__(
        self,
        connection: Connection,
        query: UserQuery,
        model: type[User] | type[DeletedUser] = User,
    ) -> None:
        dialect = connection.dialect.name
        key: Any = getattr(model, query.sort)
        unique = query.sort in _UNIQUE_KEYS
        if query.sort == "email" and not all_have_own_address(connection):
            key, unique = func.coalesce(key, ""), False
        elif query.sort == "name":
            key = func.coalesce(key, "")
        self.key = type_coerce(key, NULLTYPE).label("sort_key")
        self._order: SortedOrder | EmailPrefixOrder
        self._order = SortedOrder(key, unique, query.descending, dialect)
        self._prefix_conditions: list[ColumnElement[bool]] = []
        if query.beginning is not None:
            prefix_order = EmailPrefixOrder(query.beginning, dialect, query.descending)
            if query.sort == "email" and unique:
                self._order = prefix_order
            else:
                self._prefix_conditions = prefix_order.after(None)
        self.clauses = self._order.clauses

    def after(self, position: Position | None) -> list[ColumnElement[bool]]:
        """Return the conditions on users after a position."""
        return [*self._prefix_conditions, *self._order.after(position)]


@dataclass(frozen=True)
class SortedOrder:
    """Users by a sort key, those with the same key by id; a unique key needs no id."""

    key: Any
    unique: bool
    descending: bool
    dialect: str

    @property
    def clauses(self) -> list[Any]:
        """The clauses that the users are sorted by."""
        keys = [self.key] if self.unique else [self.key, col(User.id)]
        return [key.desc() for key in keys] if self.descending else keys

    def after(self, position: Position | None) -> list[ColumnElement[bool]]:
        """Return the conditions on users after a position."""
        if position is None:
            return []
        key: Any = self.key
        bound: Any = bindable_value(position[0], self.dialect)
        if bound is position[0]:
            bound = literal(bound, NULLTYPE)
        if not self.unique:
            # Row values compare in sort order and work on an index (keyset paging).
            key = tuple_(key, col(User.id))
            bound = tuple_(bound, literal(position[1], BigInteger()))
        return [key < bound if self.descending else key > bound]


@dataclass(frozen=True)
class EmailPrefixOrder:
    """Users whose addresses begin with a text, in the order of the bytes of the addresses.

    SQLite compares text byte by byte, so they are a range of the unique index. PostgreSQL compares
    text by the collation of the database, in which they may not be adjacent; its operators with
    tildes compare bytes in every collation, and ``ix_users_email_pattern`` serves only those.
    """

    text: str
    dialect: str
    descending: bool

    @property
    def clauses(self) -> list[Any]:
        """The clauses that the users are sorted by."""
        email: Any = col(User.email)
        if self.dialect == "postgresql":
            operator = custom_op[Any](f"USING {'~>~' if self.descending else '~<~'}")
            return [UnaryExpression(email, modifier=operator)]
        return [email.desc() if self.descending else email]

    def after(self, position: Position | None) -> list[ColumnElement[bool]]:
        """Return the conditions on users after a position."""
        lower, upper, operator = self.text, _end_of(self.text), ">="
        # One bound on each side: SQLite uses only one of two, perhaps the wider one.
        # An address that another program stored may not be text.
        if position is not None and self.descending:
            upper = min(filter(None, (upper, str(position[0]))))
        elif position is not None and str(position[0]) >= lower:
            lower, operator = str(position[0]), ">"
        return [self._compare(operator, lower), *([self._compare("<", upper)] if upper else [])]

    def _compare(self, operator: str, text: str) -> ColumnElement[bool]:
        if self.dialect == "postgresql":
            operator = f"~{operator}~"
        bound = bindable_value(text, self.dialect)
        return col(User.email).op(operator, is_comparison=True)(bound)


def _end_of(beginning: str) -> str | None:
    """Return the first text after all that begin with a text; None if there is none."""
    text = beginning.rstrip("\U0010ffff")
    if not text:
        return None
    next_code = ord(text[-1]) + 1
    # Surrogates are not characters.
    return text[:-1] + chr(0xE000 if next_code == 0xD800 else next_code)
