"""Gives users new addresses, including addresses that other users give up at the same time."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.services.users.batch.effects import end_sessions_of
from userctl.services.users.changes import recorded_changes

_TEMPORARY = ".renamed.invalid"
"""The ending of temporary addresses; no mail is delivered to it (RFC 2606, section 2)."""


def temporary_address() -> str:
    """Return an address that no user has."""
    return f"u@{secrets.token_hex(16)}{_TEMPORARY}"


def rename_users(uow: UnitOfWork, wanted: Sequence[tuple[User, str]], now: datetime) -> None:
    """Give locked users their new addresses, and end their sessions.

    Raises:
        UserExists: if another user has one of the addresses.
    """
    renames = [(user, email, user.email) for user, email in wanted if user.email != email]
    for user, email, old in renames:
        if not old.endswith(_TEMPORARY):
            changes = recorded_changes(user, {"email": email})
            uow.record(AuditTag.ACCOUNT_UPDATE, now, user=user, changes=changes)
    targets = {email for _, email, _ in renames}
    temporary = [
        (user, {"email": temporary_address()}) for user, _, old in renames if old in targets
    ]
    # Addresses must be unique at every moment; SQLite checks that even within a statement.
    uow.user_batches.update(temporary, now)
    final = [
        (
            user,
            {
                "email": email,
                "previous_email": user.previous_email if old.endswith(_TEMPORARY) else old,
            },
        )
        for user, email, old in renames
    ]
    uow.user_batches.update(final, now)
    users = [user for user, _, _ in renames]
    end_sessions_of(uow, users, now, users)
