"""Failed authentications, for the audit trail."""

from datetime import datetime
from typing import Any

from userctl.core.errors import AuthenticationFailed, LoginThrottled, UserctlError
from userctl.core.failure_cause import FailureCause, FailureFacts
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.schemas.audit import AuditTag
from userctl.schemas.email_address import is_canonical, lookup_address


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
    """Record a failed authentication in a transaction of its own.

    The ``reason`` of the event is what the person was told, and its ``cause`` the truth. The same
    statements run whatever the cause is, so that their time reveals nothing.

    Args:
        database: the database.
        tag: what was attempted.
        now: the time.
        error: why it failed.
        identity: the claimed identity. It is recorded only if it is an e-mail address, or that of a
            user, because a secret may have been typed in its place.
        method: the login method.
        source: where the attempt came from.
    """
    facts = error.facts if isinstance(error, AuthenticationFailed) else FailureFacts()
    address = lookup_address(identity or "")
    with database.writing() as uow:
        about = _whose(uow, address)
        was_deleted = bool(address) and uow.deleted_users.any_with_email(address)
        cause = facts.cause or error.code
        detail: dict[str, Any] = {}
        if cause == FailureCause.UNKNOWN_ADDRESS and was_deleted:
            cause = FailureCause.USER_DELETED
        if facts.token is not None:
            claimed, about = about["target"], {"user_id": facts.user_id, "target": facts.target}
            detail |= {"token": facts.token}
            if cause == FailureCause.OTHER_OWNER:
                detail |= {"claimed": claimed}
        uow.record(
            tag,
            now,
            **about,
            reason=error.code,
            cause=cause,
            method=method,
            source=source,
            **detail,
        )
        uow.commit()


def record_refusals(
    uow: UnitOfWork,
    now: datetime,
    refused: int,
    bucket: str,
    ended_at: datetime,
    *,
    email: str | None = None,
    **detail: Any,
) -> None:
    """Record how many logins a full window refused after the first, which has its own event.

    Args:
        uow: the unit of work.
        now: the time.
        refused: how many logins the window refused.
        bucket: the source that the window is for; empty for all that share one.
        ended_at: when the window ended, or would have ended.
        email: the address, recorded as by :func:`record_failure`; empty for what is none.
        detail: what else is known.
    """
    if refused > 1:
        uow.record(
            AuditTag.LOGIN_FAILURE,
            now,
            **_whose(uow, email or ""),
            reason=LoginThrottled.code,
            cause=LoginThrottled.code,
            method=None,
            source=bucket or None,
            count=refused - 1,
            until=ended_at.isoformat(),
            **detail,
        )


def _whose(uow: UnitOfWork, address: str) -> dict[str, Any]:
    """Return whom an event about an address is about, and the address if it may be recorded."""
    user = uow.users.by_email(address) if address else None
    if user is None:
        return {"user_id": None, "target": address if is_canonical(address) else None}
    return {"user_id": user.id, "target": address}
