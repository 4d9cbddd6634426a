"""Turns a query of the audit trail into a filter for its table."""

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
"""The tags of the events that set or change a field and, where not all such events do, the key that
their detail must have."""

CHANGES_ALL = AuditTag.DATABASE_RESTORE
"""The tag of the events that may have changed any field of any user."""


def event_filter(uow: UnitOfWork, query: AuditQuery, now: datetime) -> EventFilter:
    """Return the filter of a query.

    Raises:
        InvalidInput: if the tag of the query is neither a tag nor the beginning of one.
    """
    tags = None if query.tag is None else _matching_tags(uow, query.tag)
    changed = None if query.changed is None else {**CHANGES[query.changed], CHANGES_ALL: None}
    if changed is not None:
        tags = [tag for tag in changed if tags is None or tag in tags]
    user_id, target = (None, None) if query.user is None else _find_subject(uow, query.user)
    return EventFilter(
        user_id=user_id,
        target=target,
        tags=tags,
        about_all=CHANGES_ALL if changed is not None else None,
        actors=None if query.by is None else _actor_names(query.by),
        changed=None if changed is None else {str(tag): key for tag, key in changed.items()},
        since=_absolute_time(query.since, now),
        until=_absolute_time(query.until, now),
    )


def _absolute_time(time: datetime | timedelta | None, now: datetime) -> datetime | None:
    return now - time if isinstance(time, timedelta) else time


def _actor_names(actor: str) -> list[str]:
    """Return the names under which an actor may be recorded: as typed, or as an e-mail address."""
    return sorted({sanitize_name(actor), lookup_address(actor)})


def _matching_tags(uow: UnitOfWork, text: str) -> Sequence[str]:
    """Return the tags that equal a text, or begin with it up to a colon."""
    # A later version may have written tags that this one does not know.
    tags = {*AuditTag, *uow.audit_events.tags()}
    matches = sorted(tag for tag in tags if tag == text or tag.startswith(f"{text}:"))
    if not matches:
        raise InvalidInput(
            f"{quote(text)} is not an audit tag.{_suggestion(text)}",
            hint=f"Use one of: {', '.join(AuditTag)}, or the beginning of one up to a colon.",
        )
    return matches


def _suggestion(text: str) -> str:
    groups = {tag.rpartition(":")[0] for tag in AuditTag}
    close = difflib.get_close_matches(text, [*AuditTag, *sorted(groups)], n=1)
    return f" Did you mean '{close[0]}'?" if close else ""


def _find_subject(uow: UnitOfWork, reference: str) -> tuple[int | None, str | None]:
    """Return the id and the address of a user, who may no longer exist."""
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
