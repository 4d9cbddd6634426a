"""Accounts: create, show, change and lock out."""

from collections.abc import Sequence
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import InvalidInput, UserExists
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.models import User
from userctl.schemas import UserCreate, UserCreated, UserRead, UserUpdate
from userctl.schemas.audit import AuditTag
from userctl.security.passwords import (
    PasswordHasher,
    PasswordPolicy,
    generate_password,
    is_unmatchable,
)
from userctl.services.users.lookup import find_user, lock_user, user_read
from userctl.services.users.rules import end_sessions, require_admin_left, require_role


class UserService:
    """The use cases on accounts; each writing method is one transaction."""

    def __init__(
        self,
        database: Database,
        *,
        hasher: PasswordHasher,
        policy: PasswordPolicy,
        roles: Sequence[str],
        clock: Clock,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._policy = policy
        self._roles = roles
        self._clock = clock

    @retry_transactions
    def create(self, new: UserCreate, *, generate: bool = False) -> UserCreated:
        """Create an account, if asked with a generated password that is returned this once.

        Raises:
            InvalidInput: if the role is not configured.
            PasswordRejected: if the password breaks the policy.
            UserExists: if the address is taken.
        """
        require_role(new.role, self._roles)
        password = generate_password(self._policy.minimum_length) if generate else new.password
        hashed = self._hashed(password, email=new.email, name=new.name)
        now = self._clock()
        with self._database.writing() as uow:
            user = User(
                email=new.email,
                name=new.name,
                role=new.role,
                hashed_password=hashed,
                must_change_password=new.must_change_password,
                created_at=now,
                updated_at=now,
            )
            uow.users.add(user)
            uow.record(AuditTag.ACCOUNT_CREATE, now, user=user, name=user.name, role=user.role)
            uow.commit()
            read = user_read(user)
        generated = password if generate else None
        return UserCreated(**read.model_dump(), generated_password=generated)

    def ensure(self, new: UserCreate, *, generate: bool = False) -> tuple[UserCreated, bool]:
        """Return the account with an address and whether it had to be created."""
        try:
            return self.create(new, generate=generate), True
        except UserExists:
            return UserCreated(**self.show(new.email).model_dump()), False

    def show(self, reference: str) -> UserRead:
        """Return an account.

        Raises:
            UserNotFound: if there is none.
        """
        with self._database.reading() as uow:
            return user_read(find_user(uow, reference))

    @retry_transactions
    def update(self, reference: str, change: UserUpdate) -> UserRead:
        """Change an account; a new role or address ends its sessions, whose tokens name both.

        Raises:
            InvalidInput: if the role is not configured.
            UserNotFound: if there is no such account.
            UserExists: if the new address is taken.
            LastAdmin: if no active admin would be left.
        """
        if change.role is not None:
            require_role(change.role, self._roles)
        now = self._clock()
        with self._database.writing() as uow:
            admins = uow.users.lock_active_admins() if change.role else set()
            user = lock_user(uow, reference)
            values = _differences(user, change)
            if "role" in values:
                require_admin_left(admins, {user.id})
            if values:
                changes = {name: [getattr(user, name), value] for name, value in values.items()}
                uow.record(AuditTag.ACCOUNT_UPDATE, now, user=user, changes=changes)
                uow.users.update(user, now, **values)
            if values.keys() & {"role", "email"}:
                end_sessions(uow, user, now)
            uow.commit()
            return user_read(user)

    @retry_transactions
    def set_password(
        self,
        reference: str,
        password: str | None,
        *,
        generate: bool = False,
        must_change: bool = False,
    ) -> UserCreated:
        """Set, generate or (None) take away a password, and end the sessions of the account.

        Args:
            reference: the id or the address of the account.
            password: the new password.
            generate: draw one instead, and return it this once.
            must_change: let the password be good for one login only, which asks for another.

        Raises:
            UserNotFound: if there is no such account.
            PasswordRejected: if the password breaks the policy.
        """
        found = self.show(reference)
        password = generate_password(self._policy.minimum_length) if generate else password
        hashed = self._hashed(password, email=found.email, name=found.name)
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, str(found.id))
            values: dict[str, Any] = {"hashed_password": hashed}
            if user.disabled_at is not None:
                values = {"disabled_hash": hashed, "hashed_password": self._hasher.unmatchable()}
            values["must_change_password"] = must_change
            uow.users.update(user, now, **values)
            end_sessions(uow, user, now)
            uow.record(
                AuditTag.PASSWORD_SET,
                now,
                user=user,
                generated=generate,
                must_change=must_change,
                removed=password is None,
            )
            uow.commit()
            read = user_read(user)
        generated = password if generate else None
        return UserCreated(**read.model_dump(), generated_password=generated)

    @retry_transactions
    def require_password_change(self, reference: str) -> UserCreated:
        """Let the present password be good for one login only, and end the sessions.

        Raises:
            UserNotFound: if there is no such account.
            InvalidInput: if it has no password.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            if not user_read(user).has_password:
                raise InvalidInput(
                    "The account has no password that could be changed.",
                    hint="Set one with 'userctl user passwd'.",
                )
            uow.users.update(user, now, must_change_password=True)
            end_sessions(uow, user, now)
            uow.record(AuditTag.PASSWORD_EXPIRE, now, user=user)
            uow.commit()
            return UserCreated(**user_read(user).model_dump())

    @retry_transactions
    def disable(self, reference: str) -> UserRead:
        """Lock an account out, also of programs that read only its hash.

        Raises:
            UserNotFound: if there is no such account.
            LastAdmin: if no active admin would be left.
        """
        now = self._clock()
        with self._database.writing() as uow:
            admins = uow.users.lock_active_admins()
            user = lock_user(uow, reference)
            require_admin_left(admins, {user.id})
            # Another program may have set a password while the account was disabled.
            if user.disabled_at is None or not is_unmatchable(user.hashed_password):
                uow.users.update(
                    user,
                    now,
                    disabled_at=user.disabled_at or now,
                    disabled_hash=user.hashed_password,
                    hashed_password=self._hasher.unmatchable(),
                )
                uow.record(AuditTag.ACCOUNT_DISABLE, now, user=user)
            end_sessions(uow, user, now)
            uow.commit()
            return user_read(user)

    @retry_transactions
    def enable(self, reference: str) -> UserRead:
        """Let an account in again, with the password it had.

        Raises:
            UserNotFound: if there is no such account.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            if user.disabled_at is not None:
                values: dict[str, str | None] = {"disabled_at": None, "disabled_hash": None}
                # Another program may have set a password meanwhile; then that one counts.
                if user.disabled_hash and is_unmatchable(user.hashed_password):
                    values["hashed_password"] = user.disabled_hash
                uow.users.update(user, now, **values)
                uow.record(AuditTag.ACCOUNT_ENABLE, now, user=user)
            uow.commit()
            return user_read(user)

    def _hashed(self, password: str | None, *, email: str, name: str | None) -> str:
        if password is None:
            return self._hasher.unmatchable()
        self._policy.check(password, email=email, name=name)
        return self._hasher.hash(password)


def _differences(user: User, change: UserUpdate) -> dict[str, str | None]:
    wanted = change.model_dump(exclude_none=True)
    wanted = {key: value or None for key, value in wanted.items()}
    return {key: value for key, value in wanted.items() if value != getattr(user, key)}
