"""The order in which users are listed, and where the next page starts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, UnaryExpression
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import NULLTYPE
from sqlmodel import col, func, literal, tuple_, type_coerce

from userctl.models import DeletedUser, User
from userctl.repositories.shared_addresses import has_address_each
from userctl.repositories.stored_values import bindable
from userctl.schemas.users import UserQuery

_UNIQUE_KEYS = {"id", "email"}

Position = tuple[Any, int]
"""The sort key of a user, as the driver has it, and the id."""


class ListOrder:
    """The order that a query asks for.

    Args:
        connection: the database.
        query: the query.
        model: the users; those who were deleted have had a place among the others.

    Attributes:
        key: what the users are sorted by, to be read as the driver has it: a time that another
            program wrote to SQLite in its own format would not equal the same time in ours.
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
        if query.sort == "email" and not has_address_each(connection):
            key, unique = func.coalesce(key, ""), False
        elif query.sort == "name":
            key = func.coalesce(key, "")
        self.key = type_coerce(key, NULLTYPE).label("sort_key")
        self._order: SortedOrder | EmailPrefixOrder
        self._order = SortedOrder(key, unique, query.descending, dialect)
        self._beginning: list[ColumnElement[bool]] = []
        if query.beginning is not None:
            beginning = EmailPrefixOrder(query.beginning, dialect, query.descending)
            if query.sort == "email" and unique:
                self._order = beginning
            else:
                self._beginning = beginning.after(None)
        self.clauses = self._order.clauses

    def after(self, position: Position | None) -> list[ColumnElement[bool]]:
        """Return the conditions on users after a position."""
        return [*self._beginning, *self._order.after(position)]


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
        here: Any = self.key
        there: Any = bindable(position[0], self.dialect)
        if there is position[0]:
            there = literal(there, NULLTYPE)
        if not self.unique:
            # Row values compare in sort order and work on an index (keyset paging).
            here = tuple_(here, col(User.id))
            there = tuple_(there, literal(position[1], BigInteger()))
        return [here < there if self.descending else here > there]


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
        first, end, operator = self.text, _end_of(self.text), ">="
        # One bound on each side: SQLite uses only one of two, perhaps the wider one.
        # What another program stored as an address may not be text.
        if position is not None and self.descending:
            end = min(filter(None, (end, str(position[0]))))
        elif position is not None and str(position[0]) >= first:
            first, operator = str(position[0]), ">"
        return [self._compared(operator, first), *([self._compared("<", end)] if end else [])]

    def _compared(self, operator: str, text: str) -> ColumnElement[bool]:
        if self.dialect == "postgresql":
            operator = f"~{operator}~"
        there = bindable(text, self.dialect)
        return col(User.email).op(operator, is_comparison=True)(there)


def _end_of(beginning: str) -> str | None:
    """Return the first text after all that begin with a text; None if there is none."""
    text = beginning.rstrip("\U0010ffff")
    if not text:
        return None
    following = ord(text[-1]) + 1
    # Surrogates are not characters.
    return text[:-1] + chr(0xE000 if following == 0xD800 else following)
