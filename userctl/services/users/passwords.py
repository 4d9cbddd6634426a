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
from userctl.services.users.records import lenient_user_read
from userctl.services.users.rules import check_and_hash, end_sessions, new_password
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

    def generate_change(self, *, must_change: bool) -> UserChange:
        """Return a change that generates passwords for many users."""
        return GeneratePasswords(self._hasher, self._policy, must_change=must_change)

    def expire_change(self) -> UserChange:
        """Return a change that makes the passwords of many users valid for one login only."""
        return ExpirePasswords()

    def require_user(self, reference: str) -> None:
        """Make sure that there is a user, before a password is asked for.

        Raises:
            UserNotFound: if there is no such user.
        """
        with self._database.reading() as uow:
            find_user(uow, reference)

    def preview_removal(self, reference: str) -> UserTarget:
        """Return a user with their sessions and tokens, to confirm the removal of the password.

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
            generate: whether to generate one instead, which is returned only once.
            must_change: whether the password is valid for one login only, which asks for a new one.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if a password is both given and generated, or there is none that must be
                changed.
            PasswordRejected: if the password breaks the policy.
            LastAdmin: if a password is removed, and no admin who can log in would be left.
        """
        with self._database.reading() as uow:
            before = lenient_user_read(find_user(uow, reference))
        password = new_password(password, self._policy, generate=generate, must_change=must_change)
        hashed = check_and_hash(
            password, self._hasher, self._policy, email=before.email, name=before.name
        )
        now = self._clock()
        with self._database.writing() as uow:
            admins = lock_admins(uow, now) if password is None else None
            user = lock_user(uow, str(before.id))
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
            read = lenient_user_read(user)
        generated = password if generate else None
        changed = UserCreated(**read.model_dump(), generated_password=generated)
        return changed.with_effects(Effects(sessions=ended))

    @retry_transactions
    def require_change(self, reference: str) -> UserCreated:
        """Make the current password valid for one login only, and end the sessions.

        Raises:
            UserNotFound: if there is no such user.
            InvalidInput: if the user has no password.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            change = self.expire_change()
            change.require_possible(user)
            effects = change.apply(uow, [user], now)
            uow.commit()
            changed = UserCreated(**lenient_user_read(user).model_dump())
            return changed.with_effects(effects[user.id or 0])
