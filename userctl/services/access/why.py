"""Finds out why a user can log in or not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import InvalidEmail, UserNotFound
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import DeletedUser, User
from userctl.models.own_hash import own_hash, waits_as_foreign
from userctl.models.unreadable_values import display_text
from userctl.repositories.stored_values import OnUnreadable
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas.diagnosis import UserDiagnosis
from userctl.schemas.email_address import lookup_address
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.session import UserSessionRead
from userctl.security.passwords import add_hash_prefix, is_verifiable_hash
from userctl.services.access.trail import (
    last_deletion,
    last_disabling,
    last_login,
    login_attempts,
    present_address,
)
from userctl.services.access.verdict import NO_CHANGE, AccessFacts, Change, judge
from userctl.services.authentication.throttling import LoginThrottling
from userctl.services.shared.records import readable
from userctl.services.shared.session_records import find_sessions
from userctl.services.users.lookup import find_deleted, find_user, last_deleted
from userctl.services.users.near_misses import near_misses
from userctl.services.users.records import changed_user

SHOWN = 100
"""How many sessions are shown, and how many API tokens are counted."""


class AccessService:
    """The use case that says why a user can log in or not.

    Args:
        database: where users are kept.
        throttling: knows the failed logins of an address.
        access_lifetime: how long an access token lasts.
        adopted_hash_prefix: what comes before each hash that an application made.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        throttling: LoginThrottling,
        access_lifetime: timedelta,
        adopted_hash_prefix: str | None,
        clock: Clock,
    ) -> None:
        self._database = database
        self._throttling = throttling
        self._lifetime = access_lifetime
        self._prefix = adopted_hash_prefix
        self._clock = clock

    def explain(self, reference: str, on_unreadable: OnUnreadable | None = None) -> UserDiagnosis:
        """Return the verdict on a user, and what it rests on.

        An id or an address that no user has is a verdict too.

        Args:
            reference: the id or the address, which need not be a valid one.
            on_unreadable: told of each event and session that cannot be read; None raises an error
                instead.

        Raises:
            InvalidInput: if the reference is neither.
        """
        now = self._clock()
        with self._database.reading() as uow:
            user, deleted = _find(uow, reference)
            person = user or last_deleted(deleted)
            user_id = _number(reference) if person is None else person.id
            email = _address(reference) if person is None else display_text(person.email)
            attempts = login_attempts(uow, user_id, email, on_unreadable)
            failed, _, throttled_until = self._throttling.failed_logins(uow, email or "")
            facts = self._facts(uow, reference, user, deleted, email, throttled_until, now)
            judgment = judge(facts)
            shown = {} if user is None else changed_user(user).model_dump()
            sessions = self._sessions(uow, user, now, on_unreadable)
            last_login_at = None if person is None else last_login(uow, user_id)
        disabled, deletion = facts.disabled or NO_CHANGE, facts.deleted or NO_CHANGE
        return UserDiagnosis(
            verdict=judgment.verdict,
            message=judgment.message,
            advice=judgment.advice,
            id=None if person is None else person.id,
            email=facts.email,
            name=shown.get("name"),
            role=shown.get("role"),
            status=shown.get("status"),
            has_password=shown.get("has_password"),
            must_change_password=shown.get("must_change_password"),
            disabled_at=disabled.at,
            disabled_by=disabled.by,
            deleted_at=deletion.at,
            deleted_by=deletion.by,
            failed_logins=failed,
            throttled_until=throttled_until,
            last_login_at=last_login_at,
            former_login_at=shown.get("former_login_at"),
            api_tokens=facts.api_tokens,
            similar=list(facts.similar),
            logins=attempts,
            sessions=sessions,
        )

    def _facts(
        self,
        uow: UnitOfWork,
        reference: str,
        user: User | None,
        deleted: Sequence[DeletedUser],
        email: str | None,
        throttled_until: datetime | None,
        now: datetime,
    ) -> AccessFacts:
        if user is None:
            return _facts_of_missing(uow, reference, deleted, email)
        assert user.id is not None
        disabled = None
        if user.disabled_at is not None:
            disabled = Change(_time(user.disabled_at), last_disabling(uow, user.id))
        active = TokenFilter(user_id=user.id, state="active")
        shown = changed_user(user)
        hashed = display_text(own_hash(user))
        if not waits_as_foreign(user):
            hashed = add_hash_prefix(hashed, self._prefix)
        return AccessFacts(
            reference,
            email,
            exists=True,
            has_password=shown.has_password,
            is_verifiable=is_verifiable_hash(hashed),
            must_change=shown.must_change_password,
            api_tokens=len(uow.api_tokens.page(active, now, after=0, limit=SHOWN)),
            throttled_until=throttled_until,
            disabled=disabled,
        )

    def _sessions(
        self,
        uow: UnitOfWork,
        user: User | None,
        now: datetime,
        on_unreadable: OnUnreadable | None,
    ) -> list[UserSessionRead]:
        if user is None:
            return []
        wanted = TokenFilter(user_id=user.id, state="active", current=True)
        found = find_sessions(uow, wanted, now, self._lifetime, after=0, limit=SHOWN)
        return readable(found, lambda session: session.read(), on_unreadable)


def _find(uow: UnitOfWork, reference: str) -> tuple[User | None, Sequence[DeletedUser]]:
    """Return the user, or else the deleted users, that a reference means."""
    try:
        return find_user(uow, reference), ()
    except UserNotFound:
        return None, find_deleted(uow, reference)
    except InvalidEmail:
        # What cannot be an address may be a mistyped one.
        return None, ()


def _facts_of_missing(
    uow: UnitOfWork, reference: str, deleted: Sequence[DeletedUser], email: str | None
) -> AccessFacts:
    if last := last_deleted(deleted):
        trail = last_deletion(uow, last.id, None)
        change = Change(_time(last.deleted_at), None if trail is None else trail.by)
        # Several deleted users may have had the address, so that only an id says who is meant.
        name = email if email and len(deleted) == 1 else str(last.id)
        return AccessFacts(reference, email, deleted=change, restorable=name)
    number = _number(reference)
    if number is None and email and (address := present_address(uow, email)):
        return AccessFacts(reference, email, similar=(address,))
    removed = last_deletion(uow, number, email)
    if removed is not None:
        return AccessFacts(
            reference, email or removed.email, deleted=Change(removed.at, removed.by)
        )
    similar = near_misses(uow, [reference]).get(reference, ())
    return AccessFacts(reference, email, similar=tuple(similar))


def _number(reference: str) -> int | None:
    is_number = reference.isascii() and reference.isdigit()
    return min(int(reference[:20]), LARGEST_ID) if is_number else None


def _address(reference: str) -> str | None:
    return lookup_address(reference) or None if "@" in reference else None


def _time(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
