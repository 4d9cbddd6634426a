"""Turns a query of the audit trail into a filter of its table."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from userctl.core.actor import sanitize_name
from userctl.core.errors import InvalidInput, UserNotFound
from userctl.core.text import quote
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.repositories.audit_events import EventFilter
from userctl.schemas.audit import AuditQuery, AuditTag, ChangedField
from userctl.schemas.email_address import canonical_email, lookup_address
from userctl.schemas.page import LARGEST_ID
from userctl.services.users.lookup import find_user, id_or_address

CHANGES: Mapping[ChangedField, Mapping[AuditTag, str | None]] = {
    "role": {
        AuditTag.ACCOUNT_CREATE: "role",
        AuditTag.ACCOUNT_ADOPT: "role",
        AuditTag.ACCOUNT_UPDATE: "role",
        AuditTag.ACCOUNT_RESTORE: "role",
    },
    "status": {
        AuditTag.ACCOUNT_DISABLE: None,
        AuditTag.ACCOUNT_ENABLE: None,
        AuditTag.ACCOUNT_DELETE: None,
        AuditTag.ACCOUNT_RESTORE: None,
    },
    "email": {
        AuditTag.ACCOUNT_CREATE: None,
        AuditTag.ACCOUNT_UPDATE: "email",
        AuditTag.ACCOUNT_RESTORE: "was",
    },
    "name": {AuditTag.ACCOUNT_CREATE: "name", AuditTag.ACCOUNT_UPDATE: "name"},
    "password": {AuditTag.PASSWORD_SET: None, AuditTag.PASSWORD_CHANGE: None},
}
"""The tags of the events that set or change a field and, where not all of them do, a key that the
detail has then."""

CHANGES_ALL = AuditTag.DATABASE_RESTORE
"""The tag of the events that may have changed any field of any user."""


def event_filter(uow: UnitOfWork, query: AuditQuery, now: datetime) -> EventFilter:
    """Return the filter of a query.

    Raises:
        InvalidInput: if the tag of the query is neither a tag nor the beginning of one.
    """
    tags = None if query.tag is None else _tags(uow, query.tag)
    changed = None if query.changed is None else {**CHANGES[query.changed], CHANGES_ALL: None}
    if changed is not None:
        tags = [tag for tag in changed if tags is None or tag in tags]
    user_id, target = (None, None) if query.user is None else _about(uow, query.user)
    return EventFilter(
        user_id=user_id,
        target=target,
        tags=tags,
        about_all=CHANGES_ALL if changed is not None else None,
        actors=None if query.by is None else _names(query.by),
        changed=None if changed is None else {str(tag): key for tag, key in changed.items()},
        since=_moment(query.since, now),
        until=_moment(query.until, now),
    )


def _moment(time: datetime | timedelta | None, now: datetime) -> datetime | None:
    return now - time if isinstance(time, timedelta) else time


def _names(actor: str) -> list[str]:
    """Return how an actor may be recorded: as typed, or as the address of who is logged in."""
    return sorted({sanitize_name(actor), lookup_address(actor)})


def _tags(uow: UnitOfWork, text: str) -> Sequence[str]:
    """Return the tags that are a text or begin with it, up to a colon."""
    # A later version may have written others than those that this one knows.
    tags = {*AuditTag, *uow.audit_events.tags()}
    found = sorted(tag for tag in tags if tag == text or tag.startswith(f"{text}:"))
    if not found:
        raise InvalidInput(
            f"{quote(text)} is not an audit tag.{_near_miss(text)}",
            hint=f"Use one of: {', '.join(AuditTag)}, or the beginning of one up to a colon.",
        )
    return found


def _near_miss(text: str) -> str:
    groups = {tag.rpartition(":")[0] for tag in AuditTag}
    close = difflib.get_close_matches(text, [*AuditTag, *sorted(groups)], n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def _about(uow: UnitOfWork, reference: str) -> tuple[int | None, str | None]:
    """Return the id and the address of a user, who may be gone."""
    try:
        user = find_user(uow, reference)
    except UserNotFound:
        if not reference.isdecimal():
            return None, canonical_email(reference)
        number = id_or_address(reference)
        assert isinstance(number, int)
        # No user has a larger id.
        return (number, None) if number <= LARGEST_ID else (None, reference)
    return user.id, user.email
