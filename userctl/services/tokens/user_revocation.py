"""Revoking the tokens of users."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.batches import RevokeOutcome
from userctl.schemas.database import RevokeResult
from userctl.schemas.tokens import TokenKind
from userctl.schemas.users import Effects
from userctl.services.users.batch.change import UserChange

COUNTS = {"revoked_sessions", "revoked_api_tokens"}


class RevokeTokens(UserChange):
    """Revokes the API tokens of users and ends their sessions.

    Args:
        kind: only tokens of this kind; sessions that an API token started end with it.
    """

    outcome = RevokeOutcome

    def __init__(self, kind: TokenKind | None) -> None:
        self._kind = kind
        self._counts: dict[int, RevokeResult] = {}

    def apply(self, uow: UnitOfWork, users: Sequence[User], now: datetime) -> dict[int, Effects]:
        """Revoke the tokens; while the users are locked, no new ones can be issued."""
        ids = [user.id for user in users if user.id is not None]
        sessions = uow.refresh_tokens.count_active(now, ids)
        api_tokens: dict[int, int] = {}
        if self._kind != "refresh":
            api_tokens = uow.api_tokens.count_unrevoked(ids)
            uow.api_tokens.revoke_users(ids, now)
            uow.refresh_tokens.revoke_started_by_revoked(now, ids)
        if self._kind != "api":
            uow.refresh_tokens.revoke_users(ids, now)
        left = uow.refresh_tokens.count_active(now, ids)
        for user in users:
            number = user.id or 0
            counts = RevokeResult(
                revoked_sessions=sessions.get(number, 0) - left.get(number, 0),
                revoked_api_tokens=api_tokens.get(number, 0),
            )
            self._counts[number] = counts
            if counts != RevokeResult():
                asked = {"user": str(number)} | ({"kind": self._kind} if self._kind else {})
                counted = counts.model_dump(include=COUNTS)
                uow.record(AuditTag.TOKEN_REVOKE, now, user_id=number, matching=asked, **counted)
        return {
            number: Effects(
                changed=counts != RevokeResult(),
                sessions=counts.revoked_sessions,
                api_tokens=counts.revoked_api_tokens,
            )
            for number, counts in self._counts.items()
        }

    def details(self, user: User) -> Mapping[str, Any]:
        """Return how many tokens of a user were revoked."""
        return self._counts[user.id or 0].model_dump(include=COUNTS)
