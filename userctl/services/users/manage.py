"""Creating, showing and updating users."""

from collections.abc import Sequence
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import InvalidInput, UserExists
from userctl.core.text import rfc3339
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects, UserCreate, UserCreated, UserRead, UserUpdate
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.users.admins import lock_admins, require_admin_left
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.role import ChangeRole
from userctl.services.users.changes import recorded_changes
from userctl.services.users.lookup import find_user, lock_user, require_unchanged
from userctl.services.users.records import lenient_user_read, user_read
from userctl.services.users.rules import check_and_hash, end_sessions, new_password, require_role


class UserService:
    """The use cases that create, show and update a user; each write is one transaction."""

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

    def check(self, new: UserCreate, *, exists_ok: bool = False) -> tuple[UserCreated, bool] | None:
        """Make sure that a user can be created, before a password is asked for.

        Args:
            new: the user, without a password.
            exists_ok: return the user who already has the address, as :meth:`ensure` does.

        Raises:
            InvalidInput: if the role is not configured.
            UserExists: if the address is in use.
        """
        require_role(new.role, self._roles)
        with self._database.reading() as uow:
            user = uow.users.by_email(new.email)
            if user is None:
                return None
            if exists_ok:
                return UserCreated(**user_read(user).model_dump()), False
            raise UserExists(f"{new.email} already exists (id {user.id}).")

    @retry_transactions
    def create(self, new: UserCreate, *, generate: bool = False) -> UserCreated:
        """Create a user, optionally with a generated password, which is returned only once.

        Raises:
            InvalidInput: if the role is not configured, if a password is both given and generated,
                or if there is none that must be changed.
            PasswordRejected: if the password breaks the policy.
            UserExists: if the address is in use.
        """
        require_role(new.role, self._roles)
        password = new_password(
            new.password,
            self._policy,
            generate=generate,
            must_change=new.must_change_password,
        )
        hashed = check_and_hash(
            password, self._hasher, self._policy, email=new.email, name=new.name
        )
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
            read = lenient_user_read(user)
        generated = password if generate else None
        return UserCreated(**read.model_dump(), generated_password=generated)

    def ensure(self, new: UserCreate, *, generate: bool = False) -> tuple[UserCreated, bool]:
        """Return the user with an address, creating them if needed, and whether it was needed."""
        try:
            return self.create(new, generate=generate), True
        except UserExists:
            return UserCreated(**self.show(new.email).model_dump()), False

    def show(self, reference: str) -> UserRead:
        """Return a user.

        Raises:
            UserNotFound: if there is no such user.
        """
        with self._database.reading() as uow:
            return user_read(find_user(uow, reference))

    def role_change(self, role: str) -> UserChange:
        """Return a change that gives many users a role.

        Raises:
            InvalidInput: if the role is not configured.
        """
        require_role(role, self._roles)
        return ChangeRole(role)

    @retry_transactions
    def update(
        self, reference: str, change: UserUpdate, *, expected: UserRead | None = None
    ) -> UserRead:
        """Update a user; a new role or address ends the sessions, because their tokens name both.

        Args:
            reference: the id or the e-mail address of the user.
            change: the new values.
            expected: the user as the caller read it; None skips this check.

        Raises:
            UserChanged: if the user is not as expected.
            InvalidInput: if the role is not configured.
            UserNotFound: if there is no such user.
            UserExists: if the new address is in use.
            LastAdmin: if no active admin would be left.
        """
        if change.role is not None:
            require_role(change.role, self._roles)
        now = self._clock()
        if change.created_at is not None and change.created_at > now:
            raise InvalidInput(f"The time {rfc3339(change.created_at)} is in the future.")
        with self._database.writing() as uow:
            admins = lock_admins(uow, now) if change.role else None
            user = lock_user(uow, reference)
            require_unchanged([user], expected)
            values = _differences(user, change)
            if "role" in values and admins is not None:
                require_admin_left(admins, {user.id})
            old_values = {name: getattr(user, name) for name in values}
            if values:
                changes = recorded_changes(user, values)
                uow.record(AuditTag.ACCOUNT_UPDATE, now, user=user, changes=changes)
                uow.users.update(user, now, **values)
            ends = bool(values.keys() & {"role", "email"})
            ended = end_sessions(uow, user, now) if ends else 0
            uow.commit()
            return lenient_user_read(user).with_effects(Effects(bool(values), old_values, ended))


def _differences(user: User, change: UserUpdate) -> dict[str, Any]:
    wanted = change.model_dump(exclude_none=True)
    wanted = {key: value or None for key, value in wanted.items()}
    return {key: value for key, value in wanted.items() if value != getattr(user, key)}
