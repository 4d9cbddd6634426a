"""Queries on ``users``."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, type_coerce
from sqlalchemy import select as core_select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select, update

from userctl.core.errors import TransactionConflict, UserExists
from userctl.models import ApiToken, RefreshToken, User
from userctl.models.own_hash import login_hash_expression, own_hash_expression
from userctl.repositories import bulk_insert
from userctl.repositories.changes import change, insert_row, require_count
from userctl.repositories.password_schemes import password_scheme
from userctl.repositories.shared_addresses import OWNER_FIRST, may_share_addresses
from userctl.repositories.stored_values import bindable_value, has_value
from userctl.repositories.violations import violates_uniqueness
from userctl.schemas.page import LARGEST_ID

_ACTIVE_ADMIN = (col(User.role) == "admin", col(User.disabled_at).is_(None))


class UserRepository:
    """The users."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, user_id: int) -> User | None:
        """Return the user with this id; None also if it is not a number."""
        is_id = isinstance(user_id, int) and user_id <= LARGEST_ID
        return self._session.get(User, user_id) if is_id else None

    def by_email(self, email: str) -> User | None:
        """Return the user with this canonical address."""
        query = select(User).where(User.email == email)
        return self._session.exec(query.order_by(*OWNER_FIRST).limit(1)).first()

    def all_by_email(self, email: str, limit: int) -> Sequence[User]:
        """Return the users with this address: several only if left to the application."""
        query = select(User).where(User.email == email)
        return self._session.exec(query.order_by(*OWNER_FIRST).limit(limit)).all()

    def shared_addresses(self) -> set[str]:
        """Return the addresses that several users have."""
        if not may_share_addresses(self._session.connection()):
            return set()
        email = col(User.email)
        query = core_select(email).where(email.is_not(None)).group_by(email)
        return set(self._session.execute(query.having(func.count() > 1)).scalars())

    def lock(self, user_id: int) -> User | None:
        """Return the user as it is now, locked until the transaction ends."""
        query = select(User).where(User.id == user_id).with_for_update()
        return self._session.exec(query.execution_options(populate_existing=True)).first()

    def count_by_role_and_status(self) -> Sequence[tuple[str, str, int]]:
        """Return how many users there are of each role and status."""
        role, disabled = col(User.role), col(User.disabled_at).is_not(None)
        query = core_select(role, disabled, func.count()).group_by(role, disabled)
        rows = self._session.execute(query.order_by(role, disabled))
        return [(name, "disabled" if off else "active", count) for name, off, count in rows]

    def count_by_hash_form(self) -> Sequence[tuple[str, int]]:
        """Return how many users there are for each hash prefix, which has the kind and the cost.

        Users without a password are not counted.
        """
        own_hash = own_hash_expression(User)
        prefix = func.substr(own_hash, 1, 7)
        query = (
            core_select(prefix, func.count()).where(~own_hash.endswith("." * 53)).group_by(prefix)
        )
        return [
            (str(hash_prefix), count)
            for hash_prefix, count in self._session.execute(query.order_by(prefix))
        ]

    def count_by_password_scheme(self) -> Sequence[tuple[str, int]]:
        """Return how many users there are of each scheme, without those who have no password."""
        scheme = password_scheme(User).label("scheme")
        query = core_select(scheme, func.count()).group_by(scheme).order_by(scheme)
        return [(str(name), count) for name, count in self._session.execute(query) if name]

    def foreign_hashes(self) -> Iterator[str]:
        """Yield the password hashes that are not bcrypt hashes."""
        query = core_select(own_hash_expression(User)).where(password_scheme(User) != "bcrypt")
        yield from map(
            str, self._session.execute(query, execution_options={"yield_per": 1000}).scalars()
        )

    def count_must_change(self) -> int:
        """Return how many users must change their password."""
        query = select(func.count()).select_from(User)
        return self._session.exec(query.where(col(User.must_change_password))).one()

    def disabled_with_password(self, *, left_out: bool) -> Sequence[int]:
        """Return the ids of disabled users with a hash that another program may match.

        Args:
            left_out: True for users left to the application, whose own hash was never put aside;
                False for users to whom the application has given another hash since.
        """
        own_hash = col(User.disabled_hash)
        query = core_select(col(User.id)).where(
            col(User.disabled_at).is_not(None),
            own_hash.is_(None) if left_out else own_hash.is_not(None),
            ~col(User.hashed_password).endswith("." * 53),
        )
        return self._session.execute(query.order_by(col(User.id))).scalars().all()

    def roles(self) -> set[str]:
        """Return the roles that users have."""
        return set(self._session.execute(core_select(col(User.role)).distinct()).scalars())

    def active_admin_hashes(self) -> Sequence[tuple[int, Any]]:
        """Return the ids of all active admins with the hashes that a login checks."""
        query = core_select(col(User.id), login_hash_expression(User)).where(*_ACTIVE_ADMIN)
        return [(row[0], row[1]) for row in self._session.execute(query)]

    def lock_active_admins(self) -> set[int]:
        """Return the ids of all active admins, locked in the order of their ids."""
        query = select(User.id).where(*_ACTIVE_ADMIN).order_by(col(User.id)).with_for_update()
        return {user_id for user_id in self._session.exec(query) if user_id is not None}

    def lock_by_emails(self, emails: Sequence[str]) -> Sequence[User]:
        """Return the users that have some of these addresses, locked until the end.

        Of several with the same address, the last is the one that :meth:`by_email` returns.
        """
        query = select(User).where(col(User.email).in_(emails)).order_by(col(User.id))
        query = query.with_for_update().execution_options(populate_existing=True)
        users = self._session.exec(query).all()
        return sorted(users, key=lambda user: user.disabled_at is None)

    def ids_by_email(self, emails: Sequence[str]) -> dict[str, int]:
        """Return the ids of the users that have some of these addresses."""
        query = core_select(col(User.email), col(User.id)).where(col(User.email).in_(emails))
        if may_share_addresses(self._session.connection()):
            # Not otherwise, because then the index on addresses alone is enough.
            query = query.order_by(*(key.desc() for key in OWNER_FIRST))
        return {row.email: row.id for row in self._session.execute(query)}

    def insert_rows(
        self, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> dict[str, int] | None:
        """Insert users, all of them or none.

        Args:
            columns: the names of the columns; the first is the address.
            rows: their values, in the same order.

        Returns:
            The ids by the address; None if an address is in use.
        """
        emails = [row[0] for row in rows]
        if may_share_addresses(self._session.connection()) and self.ids_by_email(emails):
            return None
        last_id = self._session.execute(core_select(func.max(User.id))).scalar() or 0
        try:
            with self._session.begin_nested():
                count = bulk_insert.insert_rows(self._session.connection(), User, columns, rows)
                require_count("INSERT", "users", count, len(rows))
        except IntegrityError as error:
            if violates_uniqueness(error):
                return None
            raise
        return self._new_ids(emails, last_id)

    def _new_ids(self, emails: Sequence[str], last_id: int) -> dict[str, int]:
        """Return the ids of users that were inserted when the largest id was ``last_id``.

        The ids that follow are read at once. Other transactions may have inserted ids between them,
        and a sequence may be behind, so missing ones are looked up.
        """
        # Without statistics of the new rows PostgreSQL uses the index only for a range with an end.
        end = min(last_id + 2 * len(emails), LARGEST_ID)
        # As plain text the addresses reach Python without a call for each.
        email: Any = type_coerce(col(User.email), String)
        following = core_select(email, col(User.id)).where(col(User.id).between(last_id + 1, end))
        ids: dict[str, int] = dict(self._session.execute(following).all())
        missing = [email for email in emails if email not in ids]
        return ids | self.ids_by_email(missing) if missing else ids

    def add(self, user: User) -> None:
        """Insert a user.

        Raises:
            UserExists: if the address is in use.
        """
        self._require_unused(user.email)
        try:
            with self._session.begin_nested():
                insert_row(self._session, user)
        except IntegrityError as error:
            self._raise_if_exists(error, user.email)
            raise

    def update(self, user: User, now: datetime, **values: Any) -> None:
        """Set columns of a user, if they still have the values we saw.

        Raises:
            UserExists: if a new address is in use.
            ChangeIgnored: if a trigger ignored the change.
            TransactionConflict: if another process changed these columns meanwhile.
        """
        if "email" in values:
            self._require_unused(values["email"], except_id=user.id)
        dialect = self._session.connection().dialect.name
        unchanged = [has_value(getattr(User, n), getattr(user, n), dialect) for n in values]
        values = {name: bindable_value(value, dialect) for name, value in values.items()}
        statement = update(User).values(**values | {"updated_at": now})
        criteria = (col(User.id) == user.id, *unchanged)
        try:
            with self._session.begin_nested():
                count = change(self._session, statement, *criteria, expected=1)
        except IntegrityError as error:
            self._raise_if_exists(error, values.get("email", user.email))
            raise
        if count != 1:
            raise TransactionConflict(f"Another process changed user {user.id}.")
        self._session.refresh(user)

    def delete(self, user_id: int) -> bool:
        """Delete a user with their tokens; return False if there was no such user."""
        # An application's foreign keys may not cascade, and SQLite may reuse the id.
        for table in (ApiToken, RefreshToken):
            change(self._session, delete(table), col(table.user_id) == user_id)
        return change(self._session, delete(User), col(User.id) == user_id, expected=1) == 1

    def _require_unused(self, email: str, *, except_id: int | None = None) -> None:
        """Make sure that no other user has an address, even where no constraint does."""
        existing = self.by_email(email)
        if existing is not None and existing.id != except_id:
            raise _exists_error(email, existing)

    def _raise_if_exists(self, error: IntegrityError, email: str) -> None:
        if violates_uniqueness(error):
            raise _exists_error(email, self.by_email(email)) from error


def _exists_error(email: str, existing: User | None) -> UserExists:
    suffix = "" if existing is None else f" (id {existing.id})"
    return UserExists(f"{email} already exists{suffix}.")
