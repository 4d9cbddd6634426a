"""Setting, expiring and removing passwords of users."""

from userctl.core.clock import Clock
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.models.own_hash import hash_columns
from userctl.schemas.audit import AuditTag
from userctl.schemas.users import Effects, UserCreated, UserTarget
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.users.admins import lock_admins, read_admins, require_password_left
from userctl.services.users.batch.change import UserChange
from userctl.services.users.batch.password import ExpirePasswords, GeneratePasswords
from userctl.services.users.lookup import find_user, lock_user
from userctl.services.users.records import changed_user
from userctl.services.users.rules import end_sessions, hash_accepted, new_password
from userctl.services.users.targets import user_targets


class UserPasswordService:
    """The use cases that change the password of a user; each is one transaction."""

    def __init__(
        self, database: Database, *, hasher: PasswordHasher, policy: PasswordPolicy, clock: Clock
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._policy = policy
        self._clock = clock

    def generating(self, *, must_change: bool) -> UserChange:
        """Return the change that generates passwords for many users."""
        return GeneratePasswords(self._hasher, self._policy, must_change=must_change)

    def expiring(self) -> UserChange:
        """Return the change that lets the passwords of many users be valid for one login only."""
        return ExpirePasswords()

    def require_user(self, reference: str) -> None:
        """Make sure that there is a user, before a password is asked for.

        Raises:
            UserNotFound: if there is no such user.
        """
        with self._database.reading() as uow:
            find_user(uow, reference)

    def preview_removal(self, reference: str) -> UserTarget:
        """Return a user with what hangs on them, for the question before the password is removed.

        Raises:
            UserNotFound: if there is no such user.
            LastAdmin: if no admin who can log in would be left.
        """
        now = self._clock()
        with self._database.reading() as uow:
            user = find_user(uow, reference)
            require_password_left(read_admins(uow, now), user.id)
            return user_targets(uow, [user], now)[0]

    @retry_transactions
    def set_password(
        self,
        reference: str,
        password: str | None,
        *,
        generate: bool = False,
        must_change: bool = False,
    ) -> UserCreated:
        """Set, generate or (None) remove a password, and end the sessions of the user.

        Args:
            reference: the id or the e-mail address of the user.
            password: the new password.
            generate: generate one instead, and return it this once.
            must_change: let the password be valid for one login only, which asks for another.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if a password is given and generated, or none must be changed.
            PasswordRejected: if the password breaks the policy.
            LastAdmin: if a password is removed, and no admin who can log in would be left.
        """
        with self._database.reading() as uow:
            found = changed_user(find_user(uow, reference))
        password = new_password(password, self._policy, generate=generate, must_change=must_change)
        hashed = hash_accepted(
            password, self._hasher, self._policy, email=found.email, name=found.name
        )
        now = self._clock()
        with self._database.writing() as uow:
            admins = lock_admins(uow, now) if password is None else None
            user = lock_user(uow, str(found.id))
            if admins is not None:
                require_password_left(admins, user.id)
            stand_in = None if user.disabled_at is None else self._hasher.unmatchable_hash()
            values = hash_columns(hashed, stand_in=stand_in)
            uow.users.update(user, now, must_change_password=must_change, **values)
            ended = end_sessions(uow, user, now)
            uow.record(
                AuditTag.PASSWORD_SET,
                now,
                user=user,
                generated=generate,
                must_change=must_change,
                removed=password is None,
            )
            uow.commit()
            read = changed_user(user)
        generated = password if generate else None
        changed = UserCreated(**read.model_dump(), generated_password=generated)
        return changed.with_effects(Effects(sessions=ended))

    @retry_transactions
    def require_change(self, reference: str) -> UserCreated:
        """Let the present password be valid for one login only, and end the sessions.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if the user has no password.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            change = self.expiring()
            change.require(user)
            effects = change.apply(uow, [user], now)
            uow.commit()
            changed = UserCreated(**changed_user(user).model_dump())
            return changed.with_effects(effects[user.id or 0])
