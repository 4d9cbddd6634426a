"""Failed authentications, for the audit trail."""

from datetime import datetime
from typing import Any

from userctl.core.errors import LoginThrottled, UserctlError
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
    with database.writing() as uow:
        uow.record(
            tag,
            now,
            **_whose(uow, lookup_address(identity or "")),
            reason=error.code,
            method=method,
            source=source,
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
