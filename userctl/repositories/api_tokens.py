"""Queries on ``api_tokens``."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import ColumnElement
from sqlalchemy import select as core_select
from sqlmodel import Session, and_, case, col, func, select, update

from userctl.models import ApiToken, User
from userctl.repositories.changes import change, insert_row
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.tokens import TokenState

USE_RESOLUTION = timedelta(minutes=1)
"""The resolution at which the last use is recorded."""


def is_use_recorded(token: ApiToken, now: datetime) -> bool:
    """Tell whether a use of a token is already recorded, within the resolution."""
    return token.last_used_at is not None and abs(now - token.last_used_at) < USE_RESOLUTION


class ApiTokenRepository:
    """The API tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, token_id: int) -> ApiToken | None:
        """Return the token with this id."""
        return self._session.get(ApiToken, token_id) if token_id <= LARGEST_ID else None

    def by_digest(self, digest: str) -> ApiToken | None:
        """Return the token whose text has this SHA-256."""
        return self._session.exec(select(ApiToken).where(ApiToken.token == digest)).first()

    def lock(self, token_id: int) -> ApiToken | None:
        """Return the token as it is now, locked until the transaction ends."""
        query = select(ApiToken).where(ApiToken.id == token_id).with_for_update()
        return self._session.exec(query.execution_options(populate_existing=True)).first()

    def add(self, token: ApiToken) -> None:
        """Insert a token, which then has an id."""
        insert_row(self._session, token)

    def touch(self, token: ApiToken, now: datetime) -> None:
        """Record that a token was used, unless its last use was a moment ago.

        Args:
            token: the token, locked.
            now: the time.
        """
        if not is_use_recorded(token, now):
            statement = update(ApiToken).values(last_used_at=now)
            change(self._session, statement, col(ApiToken.id) == token.id, expected=1)

    def revoke(self, now: datetime, *conditions: ColumnElement[bool]) -> int:
        """Revoke every token that matches and is not revoked yet; return how many there were."""
        is_unrevoked = col(ApiToken.revoked_at).is_(None)
        return change(
            self._session, update(ApiToken).values(revoked_at=now), is_unrevoked, *conditions
        )

    def revoke_id(self, token_id: int, now: datetime) -> int:
        """Revoke one token."""
        return self.revoke(now, col(ApiToken.id) == token_id)

    def revoke_users(self, user_ids: Sequence[int], now: datetime) -> int:
        """Revoke all tokens of some users."""
        return self.revoke(now, col(ApiToken.user_id).in_(user_ids))

    def count_unrevoked(self, user_ids: Sequence[int]) -> dict[int, int]:
        """Return how many unrevoked tokens each user has; users without any are left out."""
        owner = col(ApiToken.user_id)
        conditions = (owner.in_(user_ids), col(ApiToken.revoked_at).is_(None))
        query = core_select(owner, func.count()).where(*conditions).group_by(owner)
        return {row[0]: row[1] for row in self._session.execute(query)}

    def revoke_matching(self, token_filter: TokenFilter, now: datetime) -> int:
        """Revoke the tokens that match a filter."""
        return self.revoke(now, *_conditions(token_filter, now))

    def page(
        self, token_filter: TokenFilter, now: datetime, *, after: int, limit: int
    ) -> Sequence[tuple[ApiToken, str]]:
        """Return tokens and the addresses of their users, in the order of their ids."""
        query = select(ApiToken, User.email).join(User).where(*_conditions(token_filter, now))
        query = query.where(col(ApiToken.id) > after).order_by(col(ApiToken.id))
        return self._session.exec(query.limit(limit)).all()

    def count_revocable(self, token_filter: TokenFilter, now: datetime) -> int:
        """Return how many tokens :meth:`revoke_matching` would report."""
        query = select(func.count()).select_from(ApiToken)
        query = query.where(*_conditions(token_filter, now), col(ApiToken.revoked_at).is_(None))
        return self._session.exec(query).one()

    def count_active(self, now: datetime, user_ids: Sequence[int]) -> dict[int, int]:
        """Return how many active tokens each of these users has; users without any are left out."""
        owner = col(ApiToken.user_id)
        conditions = (owner.in_(user_ids), _in_state("active", now))
        query = core_select(owner, func.count()).where(*conditions).group_by(owner)
        return {row[0]: row[1] for row in self._session.execute(query)}

    def active_admin_owners(self, now: datetime) -> set[int]:
        """Return the ids of the active admins who have an active token."""
        query = core_select(col(ApiToken.user_id)).join(User, col(User.id) == col(ApiToken.user_id))
        admins = (col(User.role) == "admin", col(User.disabled_at).is_(None))
        return {*self._session.execute(query.where(*admins, _in_state("active", now))).scalars()}

    def count_by_state(self, now: datetime) -> dict[str, int]:
        """Return how many tokens there are in each state."""
        states = get_args(TokenState)
        counts = (func.count(case((_in_state(state, now), 1))).label(state) for state in states)
        return dict(self._session.execute(core_select(*counts)).mappings().one())


def _conditions(token_filter: TokenFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if token_filter.user_id is not None:
        conditions.append(col(ApiToken.user_id) == token_filter.user_id)
    if token_filter.state is not None:
        conditions.append(_in_state(token_filter.state, now))
    if token_filter.expires_before is not None:
        conditions.append(col(ApiToken.expires_at) <= token_filter.expires_before)
    if token_filter.unused_since is not None:
        last_use = func.coalesce(ApiToken.last_used_at, ApiToken.created_at)
        conditions.append(last_use <= token_filter.unused_since)
    return conditions


def _in_state(state: TokenState, now: datetime) -> ColumnElement[bool]:
    revoked, ends = col(ApiToken.revoked_at), col(ApiToken.expires_at)
    if state == "revoked":
        return revoked.is_not(None)
    if state == "used":
        return col(ApiToken.id).is_(None)
    is_expired = and_(ends.is_not(None), ends <= now)
    return and_(revoked.is_(None), is_expired if state == "expired" else ~is_expired)
