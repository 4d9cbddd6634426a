"""Records failed authentications in the audit trail."""

from datetime import datetime
from typing import Any

from userctl.core.errors import (
    AuthenticationFailed,
    InvalidCredentials,
    LoginThrottled,
    UserctlError,
)
from userctl.core.failure_cause import FailureCause, FailureFacts
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.schemas.audit import AuditTag
from userctl.schemas.email_address import is_canonical, lookup_address
from userctl.services.authentication.bounded_events import flush_expired_counters, record_bounded


@retry_transactions
def record_failure(
    database: Database,
    tag: AuditTag,
    now: datetime,
    error: UserctlError,
    *,
    identity: str | None = None,
    method: str | None = None,
    source: str | None = None,
) -> None:
    """Record a failed authentication in a transaction of its own, or count it.

    The ``reason`` of the event is the one given to the client, and its ``cause`` the true one. The
    same statements run for every cause, so that their timing reveals nothing.

    Args:
        database: the database.
        tag: the tag of the attempt.
        now: the time.
        error: why it failed.
        identity: the claimed identity. It is recorded only if it is an e-mail address or belongs to
            a user, because a secret may have been typed in its place.
        method: the login method.
        source: where the attempt came from.
    """
    facts = error.facts if isinstance(error, AuthenticationFailed) else FailureFacts()
    address = lookup_address(identity or "")
    with database.writing() as uow:
        user_fields = _user_fields(uow, address)
        was_deleted = bool(address) and uow.deleted_users.any_with_email(address)
        cause = facts.cause or error.code
        detail: dict[str, Any] = {}
        if cause == FailureCause.UNKNOWN_ADDRESS and was_deleted:
            cause = FailureCause.USER_DELETED
        if facts.token is not None:
            claimed = user_fields["target"]
            user_fields = {"user_id": facts.user_id, "target": facts.target}
            detail |= {"token": facts.token}
            if cause == FailureCause.OTHER_OWNER:
                detail |= {"claimed": claimed}
        record_bounded(
            uow,
            tag,
            now,
            _event_subject(error, facts, address),
            kind=error.code,
            **user_fields,
            reason=error.code,
            cause=cause,
            method=method,
            source=source,
            **detail,
        )
        flush_expired_counters(uow, now)
        uow.commit()


def _event_subject(error: UserctlError, facts: FailureFacts, address: str) -> str | None:
    """Return the subject of a failure; None if throttling already bounds such failures."""
    if isinstance(error, InvalidCredentials):
        return None
    if isinstance(error, LoginThrottled) and error.bucket:
        return f"{address}\n{error.bucket}"
    return facts.token or address


def _user_fields(uow: UnitOfWork, address: str) -> dict[str, Any]:
    """Return the user of an event about an address, and the address if it may be recorded."""
    user = uow.users.by_email(address) if address else None
    if user is None:
        return {"user_id": None, "target": address if is_canonical(address) else None}
    return {"user_id": user.id, "target": address}
