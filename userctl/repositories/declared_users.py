"""Reads the users that a file declares, and those of its set."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import literal, text, type_coerce
from sqlalchemy import select as core_select
from sqlalchemy.types import NULLTYPE
from sqlmodel import Session, col

from userctl.core.audit_chain import canonical_json
from userctl.core.chunks import split_into_chunks
from userctl.models import ApiToken, DeletedUser, User
from userctl.repositories.stored_values import UndecodableText, native_text

LOCK = int.from_bytes(sha256(b"userctl apply").digest()[:8], signed=True)
"""The advisory lock of PostgreSQL that is held while users are applied."""

_COLUMNS = (
    "id",
    "email",
    "name",
    "role",
    "disabled_at",
    "managed_by",
    "password_version",
    "previous_email",
    "updated_at",
)


class UserRow(NamedTuple):
    """A stored user; the times are as the driver returns them."""

    id: int
    email: str
    name: str | None
    role: str
    disabled_at: Any
    managed_by: str | None
    password_version: int | None
    previous_email: str | None
    updated_at: Any
    deleted_at: Any = None

    @property
    def status(self) -> str:
        """Whether the user may log in."""
        return "active" if self.disabled_at is None else "disabled"

    @property
    def known_version(self) -> int | None:
        """The version of the password, unless another program stored something else."""
        return self.password_version if isinstance(self.password_version, int) else None

    @property
    def digest(self) -> str:
        """The SHA-256 of the row, which tells whether it was changed."""
        return sha256(canonical_json({"row": list(self)}).encode()).hexdigest()


class DeclaredUserRepository:
    """The users, as plain rows."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_apply(self) -> None:
        """Wait until no other transaction applies users, and let none until this one ends."""
        connection = self._session.connection()
        if connection.dialect.name == "postgresql":
            # On SQLite there is one writing transaction at a time anyway.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})

    def of_set(self, name: str) -> list[UserRow]:
        """Return the users of a set."""
        statement = (
            _select_statement(User).where(col(User.managed_by) == name).order_by(col(User.id))
        )
        connection = self._session.connection()
        try:
            with native_text(connection):
                return [*map(UserRow._make, connection.execute(statement))]
        except UndecodableText:
            return [*map(UserRow._make, connection.execute(statement))]

    def with_emails(self, emails: Sequence[str]) -> Iterator[UserRow]:
        """Yield the users that have some addresses."""
        yield from self._select_users(User, col(User.email), emails)

    def with_ids(self, ids: Sequence[int]) -> Iterator[UserRow]:
        """Yield the users with some ids."""
        yield from self._select_users(User, col(User.id), ids)

    def deleted_with_emails(self, emails: Sequence[str]) -> Iterator[UserRow]:
        """Yield the deleted users that had some addresses, in the order of their deletion."""
        yield from self._select_users(DeletedUser, col(DeletedUser.email), emails)

    def token_labels(self, ids: Iterable[int], now: datetime) -> dict[int, set[str]]:
        """Return the labels of the active API tokens of some users, by user id."""
        labels: dict[int, set[str]] = defaultdict(set)
        expires = col(ApiToken.expires_at)
        for chunk in split_into_chunks([*ids]):
            statement = core_select(col(ApiToken.user_id), col(ApiToken.label)).where(
                col(ApiToken.user_id).in_(chunk),
                col(ApiToken.revoked_at).is_(None),
                expires.is_(None) | (expires > now),
            )
            for user_id, label in self._session.execute(statement):
                labels[user_id].add(label)
        return labels

    def _select_users(self, model: Any, column: Any, values: Sequence[Any]) -> Iterator[UserRow]:
        for chunk in split_into_chunks(values):
            statement = _select_statement(model).where(column.in_(chunk))
            if model is DeletedUser:
                statement = statement.order_by(col(DeletedUser.deleted_at), col(DeletedUser.id))
            yield from map(UserRow._make, self._session.connection().execute(statement))


def _select_statement(model: Any) -> Any:
    # Values are not converted, which would take longer than reading them.
    columns = [type_coerce(getattr(model, name), NULLTYPE).label(name) for name in _COLUMNS]
    deleted_at = type_coerce(model.deleted_at, NULLTYPE) if model is DeletedUser else literal(None)
    return core_select(*columns, deleted_at.label("deleted_at"))
