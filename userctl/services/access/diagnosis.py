"""Finds out why a user can or cannot log in."""

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
    current_address,
    last_deletion,
    last_disabled_by,
    last_login,
    login_attempts,
)
from userctl.services.access.verdict import NO_CHANGE, AccessFacts, Change, judge
from userctl.services.authentication.throttling import LoginThrottling
from userctl.services.shared.records import read_rows
from userctl.services.shared.session_records import find_sessions
from userctl.services.users.lookup import find_deleted, find_user, last_deleted
from userctl.services.users.near_misses import near_misses
from userctl.services.users.records import lenient_user_read

SHOWN_LIMIT = 100
"""The largest number of sessions shown, and of API tokens counted."""


class AccessService:
    """The use case that says why a user can or cannot log in.

    Args:
        database: where users are kept.
        throttling: knows the failed logins of an address.
        access_lifetime: how long an access token lasts.
        adopted_hash_prefix: the prefix to put before hashes of an application, if any.
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
        """Return the verdict on a user, and the facts behind it.

        An unknown id or address gets a verdict too.

        Args:
            reference: the id or the address, which need not be valid.
            on_unreadable: called with the error of each event or session that cannot be read; None
                raises it instead.

        Raises:
            InvalidInput: if the reference is neither.
        """
        now = self._clock()
        with self._database.reading() as uow:
            user, deleted = _find(uow, reference)
            person = user or last_deleted(deleted)
            user_id = _parse_id(reference) if person is None else person.id
            email = _parse_address(reference) if person is None else display_text(person.email)
            attempts = login_attempts(uow, user_id, email, on_unreadable)
            failures, _, throttled_until = self._throttling.failed_logins(uow, email or "")
            facts = self._facts(uow, reference, user, deleted, email, throttled_until, now)
            judgment = judge(facts)
            shown = {} if user is None else lenient_user_read(user).model_dump()
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
            disabled_at=disabled.time,
            disabled_by=disabled.actor,
            deleted_at=deletion.time,
            deleted_by=deletion.actor,
            failed_logins=failures,
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
            disabled = Change(_readable_time(user.disabled_at), last_disabled_by(uow, user.id))
        active = TokenFilter(user_id=user.id, state="active")
        shown = lenient_user_read(user)
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
            api_tokens=len(uow.api_tokens.page(active, now, after=0, limit=SHOWN_LIMIT)),
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
        found = find_sessions(uow, wanted, now, self._lifetime, after=0, limit=SHOWN_LIMIT)
        return read_rows(found, lambda session: session.read(), on_unreadable)


def _find(uow: UnitOfWork, reference: str) -> tuple[User | None, Sequence[DeletedUser]]:
    """Return the user that a reference stands for, or else the deleted users who had it."""
    try:
        return find_user(uow, reference), ()
    except UserNotFound:
        return None, find_deleted(uow, reference)
    except InvalidEmail:
        # An invalid address may be mistyped.
        return None, ()


def _facts_of_missing(
    uow: UnitOfWork, reference: str, deleted: Sequence[DeletedUser], email: str | None
) -> AccessFacts:
    if last := last_deleted(deleted):
        event = last_deletion(uow, last.id, None)
        change = Change(_readable_time(last.deleted_at), None if event is None else event.actor)
        # Several deleted users may have had the address; then only an id is unambiguous.
        name = email if email and len(deleted) == 1 else str(last.id)
        return AccessFacts(reference, email, deleted=change, restorable=name)
    number = _parse_id(reference)
    if number is None and email and (address := current_address(uow, email)):
        return AccessFacts(reference, email, similar=(address,))
    deletion = last_deletion(uow, number, email)
    if deletion is not None:
        change = Change(deletion.time, deletion.actor)
        return AccessFacts(reference, email or deletion.email, deleted=change)
    similar = near_misses(uow, [reference]).get(reference, ())
    return AccessFacts(reference, email, similar=tuple(similar))


def _parse_id(reference: str) -> int | None:
    is_number = reference.isascii() and reference.isdigit()
    return min(int(reference[:20]), LARGEST_ID) if is_number else None


def _parse_address(reference: str) -> str | None:
    return lookup_address(reference) or None if "@" in reference else None


def _readable_time(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
