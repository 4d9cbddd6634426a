"""Reads from the audit trail what concerns the access of a user."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from userctl.core.errors import RowUnreadable
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.repositories.audit_events import EventFilter
from userctl.repositories.stored_values import OnUnreadable
from userctl.schemas.audit import AuditEventRead, AuditTag, outcome_of
from userctl.schemas.diagnosis import LoginAttempt
from userctl.services.audit.trail import event_read
from userctl.services.shared.records import read_rows

ATTEMPTS = 10
"""How many of the latest logins are shown."""

_LOGINS = (
    AuditTag.LOGIN_SUCCESS,
    AuditTag.LOGIN_FAILURE,
    AuditTag.API_TOKEN_VERIFY_FAILURE,
)
_DELETIONS = (AuditTag.ACCOUNT_DELETE, AuditTag.ACCOUNT_PURGE)


class Deletion(NamedTuple):
    """When a user was deleted or purged, by whom, and the address of the user."""

    time: datetime
    actor: str
    email: str | None


def login_attempts(
    uow: UnitOfWork,
    user_id: int | None,
    email: str | None,
    on_unreadable: OnUnreadable | None,
) -> list[LoginAttempt]:
    """Return the latest logins of a user, or with an address that no user has; the latest first."""
    wanted = EventFilter(user_id=user_id, target=email, tags=_LOGINS)
    if not wanted.user_id and not wanted.target:
        return []
    events = uow.audit_events.last_page(wanted, limit=ATTEMPTS)
    # Another user may have had the address before.
    own = [event for event in events if user_id is None or event.user_id in {None, user_id}]
    return [_login_attempt(event) for event in read_rows(own, event_read, on_unreadable)][::-1]


def last_login(uow: UnitOfWork, user_id: int | None) -> datetime | None:
    """Return the time of the last login of a user; None if the trail does not say."""
    event = _last_event(uow, (AuditTag.LOGIN_SUCCESS,), user_id=user_id)
    return None if event is None else event.time


def last_disabled_by(uow: UnitOfWork, user_id: int) -> str | None:
    """Return the actor who last disabled a user; None if the trail does not say."""
    event = _last_event(uow, (AuditTag.ACCOUNT_DISABLE,), user_id=user_id)
    return None if event is None else event.actor


def last_deletion(uow: UnitOfWork, user_id: int | None, email: str | None) -> Deletion | None:
    """Return the last deletion of a user who had an id or an address."""
    event = _last_event(uow, _DELETIONS, user_id=user_id, target=email)
    return None if event is None else Deletion(event.time, event.actor, event.target)


def current_address(uow: UnitOfWork, email: str) -> str | None:
    """Return the current address of the user who used to have an address, if the trail knows."""
    events = uow.audit_events.last_page(EventFilter(target=email), limit=1)
    user = uow.users.get(events[0].user_id) if events and events[0].user_id else None
    return None if user is None else user.email


def _last_event(uow: UnitOfWork, tags: Sequence[AuditTag], **subject: Any) -> AuditEventRead | None:
    if not any(subject.values()):
        return None
    events = uow.audit_events.last_page(EventFilter(tags=tags, **subject), limit=1)
    try:
        return event_read(events[0]) if events else None
    except RowUnreadable:
        # The verdict does not depend on the event, and 'audit verify' finds it.
        return None


def _login_attempt(event: AuditEventRead) -> LoginAttempt:
    is_failure = outcome_of(event.tag) == "failure"
    cause = _detail_text(event, "cause") or _detail_text(event, "reason") if is_failure else None
    count = event.detail.get("count", 1)
    return LoginAttempt(
        time=event.time,
        outcome="failure" if is_failure else "success",
        cause=cause,
        method=_detail_text(event, "method"),
        source=_detail_text(event, "source") or event.machine,
        count=count if isinstance(count, int) else 1,
    )


def _detail_text(event: AuditEventRead, name: str) -> str | None:
    value = event.detail.get(name)
    return value if isinstance(value, str) else None
