"""Failed authentications, for the audit trail."""

from datetime import datetime

from userctl.core.errors import UserctlError
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
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
    address = lookup_address(identity or "")
    with database.writing() as uow:
        user = uow.users.by_email(address) if address else None
        if user is None and not is_canonical(address):
            address = ""
        uow.record(
            tag,
            now,
            user_id=None if user is None else user.id,
            target=address or None,
            reason=error.code,
            method=method,
            source=source,
        )
        uow.commit()
