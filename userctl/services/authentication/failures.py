"""Failed authentications, for the audit trail."""

from datetime import datetime

from userctl.core.errors import InvalidEmail, UserctlError
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag
from userctl.schemas.email_address import canonical_email


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
    """Record in a transaction of its own that somebody did not prove who they are.

    Args:
        database: where to.
        tag: what was tried.
        now: when.
        error: why it failed.
        identity: who they said they are. It is kept only if it is an address, because a secret may
            have been typed in its place.
        method: how they tried to prove it.
        source: where they came from.
    """
    address = _address(identity)
    with database.writing() as uow:
        user = uow.users.by_email(address) if address else None
        uow.record(
            tag,
            now,
            user_id=None if user is None else user.id,
            target=address,
            reason=error.code,
            method=method,
            source=source,
        )
        uow.commit()


def _address(identity: str | None) -> str | None:
    try:
        return canonical_email(identity or "")
    except InvalidEmail:
        return None
