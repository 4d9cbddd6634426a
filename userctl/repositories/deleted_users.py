"""Queries on ``deleted_users``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal, text
from sqlalchemy import select as core_select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select

from userctl.core.chunks import split_into_chunks
from userctl.core.errors import ChangeIgnored, UserExists
from userctl.models import DeletedUser, User
from userctl.repositories.changes import KEEP_ROWCOUNT, change, require_count
from userctl.repositories.stored_values import bindable_value
from userctl.repositories.user_filter import conditions
from userctl.repositories.violations import violates_uniqueness
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.users import UserQuery

_USER_COLUMNS = [column.name for column in User.metadata.tables["users"].columns]
"""The columns of a user, all of which are archived."""


class DeletedUserRepository:
    """The deleted users who can be restored."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def with_id(self, user_id: int) -> Sequence[DeletedUser]:
        """Return the user with this id, if there is one."""
        return self._select(col(DeletedUser.id) == user_id) if user_id <= LARGEST_ID else []

    def with_email(self, email: str) -> Sequence[DeletedUser]:
        """Return the users that had this canonical address."""
        return self._select(col(DeletedUser.email) == email)

    def any_with_email(self, email: str) -> bool:
        """Tell whether a user with this canonical address was deleted, and can be restored."""
        query = select(DeletedUser.id).where(DeletedUser.email == email).limit(1)
        return self._session.exec(query).first() is not None

    def by_ids_and_emails(self, ids: Sequence[int], emails: Sequence[str]) -> Sequence[DeletedUser]:
        """Return the users with some ids, and those that had some addresses."""
        usable = [number for number in ids if number <= LARGEST_ID]
        users: dict[int, DeletedUser] = {}
        for column, values in ((col(DeletedUser.id), usable), (col(DeletedUser.email), emails)):
            for chunk in split_into_chunks(values):
                users |= {user.id: user for user in self._select(column.in_(chunk))}
        return [users[number] for number in sorted(users)]

    def lock(self, user_id: int) -> DeletedUser | None:
        """Return a user, locked until the transaction ends."""
        query = select(DeletedUser).where(DeletedUser.id == user_id).with_for_update()
        return self._session.exec(query.execution_options(populate_existing=True)).first()

    def archive(self, user_ids: Sequence[int], now: datetime) -> None:
        """Copy users here, as stored in ``users``."""
        columns = [getattr(User, name) for name in _USER_COLUMNS]
        columns[_USER_COLUMNS.index("email")] = func.coalesce(User.email, "")
        row = core_select(*columns, literal(now, _type_of("deleted_at")))
        row = row.where(col(User.id).in_(user_ids))
        statement = insert(DeletedUser).from_select([*_USER_COLUMNS, "deleted_at"], row)
        count = (
            self._session.connection()
            .execute(statement.execution_options(**KEEP_ROWCOUNT))
            .rowcount
        )
        require_count("INSERT", "deleted_users", count, len(user_ids))

    def restore(
        self, user: DeletedUser, now: datetime, *, email: str | None, role: str | None
    ) -> int:
        """Move a user back to ``users`` and return the id there.

        It is the id that the user had before, unless another user has it by now.

        Args:
            user: the deleted user, locked.
            now: when the user is restored.
            email: the new e-mail address; None keeps the old one.
            role: the new role; None keeps the old one.

        Raises:
            UserExists: if the address is now in use.
        """
        address = user.email if email is None else email
        address_in_use = UserExists(
            f"Another user has the address {address} by now.",
            hint="Pass --email to restore with another address.",
        )
        if self._is_in_use(address):
            raise address_in_use
        keeps_id = self._session.get(User, user.id) is None
        names = [name for name in _USER_COLUMNS if keeps_id or name != "id"]
        replacements = {"email": email, "role": role}
        replacements = {name: value for name, value in replacements.items() if value is not None}
        expressions = {"updated_at": ":now"} | {name: f":{name}" for name in replacements}
        # PostgreSQL overrides an identity that is GENERATED ALWAYS only on request.
        overriding = "OVERRIDING SYSTEM VALUE " if self._dialect == "postgresql" else ""
        statement = text(
            f"INSERT INTO users ({', '.join(names)}) {overriding}"  # noqa: S608
            f"SELECT {', '.join(expressions.get(name, name) for name in names)} "
            "FROM deleted_users WHERE id = :id RETURNING id"
        ).bindparams(bindparam("now", type_=_type_of("updated_at")))
        try:
            values = {"now": now, "id": user.id} | replacements
            new_id = self._session.execute(statement, values).scalar()
        except IntegrityError as error:
            if violates_uniqueness(error):
                raise address_in_use from error
            raise
        if new_id is None:
            raise ChangeIgnored("INSERT", "users")
        self.delete([user.id])
        return int(new_id)

    def delete(self, user_ids: Sequence[int]) -> None:
        """Delete users permanently."""
        condition = col(DeletedUser.id).in_(user_ids)
        change(self._session, delete(DeletedUser), condition, expected=len(user_ids))
        self._session.expunge_all()

    def page(self, query: UserQuery) -> Sequence[DeletedUser]:
        """Return the users that a query asks for, in the order of their ids."""
        connection = self._session.connection()
        statement = select(DeletedUser).where(*conditions(connection, DeletedUser, query))
        if query.beginning is not None:
            email = col(DeletedUser.email)
            statement = statement.where(email.startswith(query.beginning, autoescape=True))
        if query.after is not None:
            statement = statement.where(col(DeletedUser.id) > query.after)
        return self._session.exec(statement.order_by(col(DeletedUser.id)).limit(query.limit)).all()

    def count(self, before: datetime) -> int:
        """Return how many were deleted before a time."""
        query = select(func.count()).select_from(DeletedUser)
        return self._session.exec(query.where(col(DeletedUser.deleted_at) < before)).one()

    def any_deleted(self, since: datetime, before: datetime) -> bool:
        """Tell whether a user was deleted in a span of time."""
        deleted_at = col(DeletedUser.deleted_at)
        query = select(DeletedUser.id).where(deleted_at >= since, deleted_at < before).limit(1)
        return self._session.exec(query).first() is not None

    def roles(self) -> set[str]:
        """Return the roles that deleted users had."""
        return set(self._session.execute(core_select(col(DeletedUser.role)).distinct()).scalars())

    def latest_deleted_before(self, before: datetime, limit: int) -> Sequence[DeletedUser]:
        """Return some of the users deleted before a time, the last of them first."""
        deleted_at = col(DeletedUser.deleted_at)
        query = select(DeletedUser).where(deleted_at < before).order_by(deleted_at.desc())
        return self._session.exec(query.limit(limit)).all()

    def lock_deleted_before(self, before: datetime, limit: int) -> Sequence[DeletedUser]:
        """Return the users deleted first, locked until the transaction ends.

        Args:
            before: they were deleted before this time.
            limit: the largest number of users.
        """
        deleted_at = col(DeletedUser.deleted_at)
        query = select(DeletedUser).where(deleted_at < before).order_by(deleted_at).limit(limit)
        return self._session.exec(query.with_for_update()).all()

    def _is_in_use(self, email: str) -> bool:
        """Tell whether a user has an address, even where no constraint guards addresses."""
        query = (
            select(User.id).where(col(User.email) == bindable_value(email, self._dialect)).limit(1)
        )
        return self._session.exec(query).first() is not None

    @property
    def _dialect(self) -> str:
        return self._session.connection().dialect.name

    def _select(self, condition: Any) -> Sequence[DeletedUser]:
        query = select(DeletedUser).where(condition).order_by(col(DeletedUser.id))
        return self._session.exec(query).all()


def _type_of(name: str) -> Any:
    return DeletedUser.metadata.tables["deleted_users"].columns[name].type
