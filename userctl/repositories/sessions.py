"""Queries on sessions, each of which is a family of rows of ``refresh_tokens``."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select as core_select
from sqlmodel import Session, col, func, select

from userctl.models import RefreshToken

_family_id = col(RefreshToken.family_id)


class SessionRepository:
    """The sessions, each with its current token: the one not exchanged yet."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current_by_prefix(self, prefix: str) -> Sequence[RefreshToken]:
        """Return the current tokens of at most two sessions whose ids begin with some digits.

        Args:
            prefix: hexadecimal digits in lower case.
        """
        query = select(RefreshToken).where(
            # "g" follows all hexadecimal digits.
            _family_id >= prefix,
            _family_id < f"{prefix}g",
            col(RefreshToken.used_at).is_(None),
        )
        query = query.order_by(_family_id).limit(2)
        return self._session.exec(query.execution_options(populate_existing=True)).all()

    def start_times(self, family_ids: Collection[str]) -> Mapping[str, Any]:
        """Return when the first token of each session was issued, of those not purged yet."""
        query = core_select(_family_id, func.min(col(RefreshToken.created_at)))
        rows = self._session.execute(query.where(_family_id.in_(family_ids)).group_by(_family_id))
        return {row[0]: row[1] for row in rows}

    def last_issue_time(
        self, *, user_ids: Collection[int] = (), family_id: str | None = None
    ) -> datetime | None:
        """Return when the last token of some users or of a session was issued, if there is one.

        The session may have ended: access tokens that were issued with it may still be valid.
        """
        of_users, of_session = col(RefreshToken.user_id).in_(user_ids), _family_id == family_id
        query = select(func.max(col(RefreshToken.created_at)))
        return self._session.exec(query.where(of_users if family_id is None else of_session)).one()
