"""Throttles logins: each is charged before a password is hashed, and refunded on success.

The charges for one address go to buckets. A source that succeeded recently has a bucket of its
own, so that no other source can lock it out; all other sources share one, so that an attacker gains
nothing by claiming many sources. An address without a user is charged in the same way.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from userctl.core.clock import Clock
from userctl.core.errors import LoginThrottled, RowUnreadable
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import LoginThrottle
from userctl.models.unreadable_values import UnreadableValue
from userctl.schemas.email_address import lookup_address
from userctl.schemas.users import UserDetail, UserRead
from userctl.services.authentication.bounded_events import flush_expired_counters
from userctl.services.authentication.source import login_source
from userctl.services.authentication.unlocking import UnlockUsers
from userctl.services.shared.records import validate_record
from userctl.services.shared.throttle_windows import MEMORY, TRUST, full_windows, latest_end
from userctl.services.users.batch.change import UserChange
from userctl.services.users.lookup import find_user, lock_user
from userctl.services.users.records import lenient_user_read, user_read

SHARED_SOURCE = ""
"""The source of the shared bucket; no real source is empty."""


@dataclass(frozen=True)
class Charge:
    """A charge: its bucket, its window, and the time of the charge before it."""

    email: str
    source: str
    bucket: str
    window_ends_at: datetime
    charged_at: datetime
    charged_before: datetime
    clock: Clock

    def refund(self, uow: UnitOfWork) -> None:
        """Refund the charge, because the login succeeded, and trust its source from now on.

        Earlier failures of the same source no longer count (NIST SP 800-63B-4, section 3.2.2).
        If several buckets of an address are locked, the shared one always comes first.
        """
        now, address = self.clock(), _digest(self.email)
        uow.login_throttles.refund(
            address,
            self.bucket,
            window_ends_at=self.window_ends_at,
            charged_at=self.charged_at,
            charged_before=self.charged_before,
        )
        uow.login_throttles.replace(
            LoginThrottle(
                address=address,
                source=self.source,
                charges=0,
                window_ends_at=now,
                charged_at=now,
                succeeded_at=now,
                expires_at=now + TRUST,
            )
        )


class LoginThrottling:
    """The use cases that charge logins, and show and reset failed ones.

    Args:
        database: where the charges are kept.
        login_attempts: how many logins a window admits.
        login_window: how long a window is, from its first charge on.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        login_attempts: int,
        login_window: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._attempts = login_attempts
        self._window = login_window
        self._clock = clock

    @retry_transactions
    def charge(self, email: str, source: str | None = None) -> Charge:
        """Charge a login in a transaction of its own, which is committed on return.

        Args:
            email: the address as typed; all addresses that cannot be stored share one bucket.
            source: where the login comes from; see :func:`login_source`.

        Raises:
            InvalidInput: if the source is not valid.
            LoginThrottled: if the window is full; nothing is charged then.
        """
        email, source = lookup_address(email), login_source(source)
        address, now = _digest(email), self._clock()
        with self._database.writing() as uow:
            found = uow.login_throttles.bucket(address, source, now - TRUST)
            bucket, before = (found.source, found.charged_at) if found else (SHARED_SOURCE, now)
            if isinstance(before, UnreadableValue):
                reason = f"is not a time: {before!r}"
                raise RowUnreadable("login_throttles", address, "charged_at", reason)
            new = LoginThrottle(
                address=address,
                source=bucket,
                charges=1,
                window_ends_at=now + self._window,
                charged_at=now,
                expires_at=now + self._window + MEMORY,
            )
            window = uow.login_throttles.charge(
                new, limit=self._attempts, latest_end=latest_end(now, self._window)
            )
            if window.is_full:
                raise LoginThrottled(window.ends_at - now, bucket=bucket)
            flush_expired_counters(uow, now)
            uow.commit()
        return Charge(email, source, bucket, window.ends_at, now, before, self._clock)

    def show(self, reference: str) -> UserDetail:
        """Return a user with their failed logins.

        Raises:
            UserNotFound: if there is no such user.
        """
        with self._database.reading() as uow:
            return self._user_detail(uow, user_read(find_user(uow, reference)))

    def unlock_change(self) -> UserChange:
        """Return a change that resets the failed logins of many users."""
        return UnlockUsers(_digest)

    @retry_transactions
    def unlock(self, reference: str) -> UserDetail:
        """Reset the failed logins of a user, but keep their trusted sources.

        Raises:
            UserNotFound: if there is no such user.
        """
        with self._database.writing() as uow:
            user, now = lock_user(uow, reference), self._clock()
            shown = lenient_user_read(user)
            failed, _, _ = self.failed_logins(uow, shown.email)
            effects = self.unlock_change().apply(uow, [user], now)[user.id or 0]
            detail = self._user_detail(uow, shown)
            uow.commit()
        return detail.with_effects(replace(effects, failed_logins=failed))

    def failed_logins(
        self, uow: UnitOfWork, email: str
    ) -> tuple[int, datetime | None, datetime | None]:
        """Return how many logins to an address failed, when the last did, and when its windows end.

        The values are those of :class:`UserDetail`; the address need not belong to a user.
        """
        now = self._clock()
        address = _digest(email)
        failed, last = uow.login_throttles.failures(address, now - MEMORY, limit=self._attempts)
        full = full_windows(now, self._attempts, self._window)
        return failed, last, uow.login_throttles.full_until(address, full)

    def _user_detail(self, uow: UnitOfWork, read: UserRead) -> UserDetail:
        failed, last, full_until = self.failed_logins(uow, read.email)
        return validate_record(
            UserDetail,
            "login_throttles",
            _digest(read.email),
            **read.model_dump(),
            failed_logins=failed,
            last_failed_login_at=last,
            throttled_until=full_until,
        )


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
