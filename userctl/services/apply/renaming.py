"""Gives users other addresses, also such as other users give up at the same time."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.services.users.batch.effects import end_sessions_of
from userctl.services.users.changes import recorded_changes

_TEMPORARY = ".renamed.invalid"
"""The end of temporary addresses; no mail goes to such a domain (RFC 2606, section 2)."""


def temporary_address() -> str:
    """Return an address that no user has."""
    return f"u@{secrets.token_hex(16)}{_TEMPORARY}"


def rename_users(uow: UnitOfWork, wanted: Sequence[tuple[User, str]], now: datetime) -> None:
    """Give users, who are locked, their new addresses, and end their sessions.

    Raises:
        UserExists: if another user has a new address.
    """
    moved = [(user, email, user.email) for user, email in wanted if user.email != email]
    for user, email, old in moved:
        if not old.endswith(_TEMPORARY):
            changes = recorded_changes(user, {"email": email})
            uow.record(AuditTag.ACCOUNT_UPDATE, now, user=user, changes=changes)
    targets = {email for _, email, _ in moved}
    giving_up = [(user, {"email": temporary_address()}) for user, _, old in moved if old in targets]
    # The address is unique in each moment, also within a statement on SQLite.
    uow.user_batches.update(giving_up, now)
    final = [
        (
            user,
            {
                "email": email,
                "previous_email": user.previous_email if old.endswith(_TEMPORARY) else old,
            },
        )
        for user, email, old in moved
    ]
    uow.user_batches.update(final, now)
    users = [user for user, _, _ in moved]
    end_sessions_of(uow, users, now, users)
