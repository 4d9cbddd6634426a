"""Queries on ``refresh_tokens``."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from sqlalchemy import ColumnElement, String, text
from sqlalchemy import select as core_select
from sqlmodel import Session, and_, case, cast, col, func, literal, or_, select, update

from userctl.models import ApiToken, RefreshToken, User
from userctl.models.api_token import API_ID_PREFIX
from userctl.models.unreadable_values import unreadable_reason
from userctl.repositories.changes import change
from userctl.repositories.token_filter import TokenFilter
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.tokens import TokenState


class RefreshTokenRepository:
    """The refresh tokens."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, token_id: int) -> RefreshToken | None:
        """Return the token with this id as it is now."""
        if token_id > LARGEST_ID:
            return None
        query = select(RefreshToken).where(RefreshToken.id == token_id)
        return self._session.exec(query.execution_options(populate_existing=True)).first()

    def by_digest(self, digest: str) -> RefreshToken | None:
        """Return the token whose text has this SHA-256."""
        return self._session.exec(select(RefreshToken).where(RefreshToken.token == digest)).first()

    def record_replay(self, token: RefreshToken, now: datetime) -> None:
        """Record the first reuse of a token."""
        is_first = col(RefreshToken.replayed_at).is_(None)
        statement = update(RefreshToken).values(replayed_at=now, updated_at=now)
        change(self._session, statement, col(RefreshToken.id) == token.id, is_first, expected=1)

    def revoke(self, now: datetime, *conditions: ColumnElement[bool]) -> int:
        """Revoke every token that matches and is not revoked yet; return how many were active."""
        revocation = update(RefreshToken).where(*conditions).values(revoked=True, updated_at=now)
        active = revocation.where(_in_state("active", now))
        count: int = self._session.connection().execute(active).rowcount
        # The clock of another host may run behind ours, so expired tokens are revoked too, and so
        # are tokens whose expiry cannot be read.
        unused = col(RefreshToken.used_at).is_(None)
        change(self._session, revocation, *conditions, unused, col(RefreshToken.revoked).is_(False))
        return count

    def lock_all(self) -> None:
        """Keep other transactions from writing tokens until this one ends."""
        # SQLite has only one writer at a time.
        if self._session.connection().dialect.name == "postgresql":
            self._session.connection().execute(text("LOCK TABLE refresh_tokens IN EXCLUSIVE MODE"))

    def revoke_family(self, token: RefreshToken, now: datetime) -> int:
        """Revoke the family of a token; a token that another program wrote has none.

        If the id of the family cannot be read, only this token is revoked.
        """
        if unreadable_reason(token.family_id, str):
            return self.revoke(now, col(RefreshToken.id) == token.id)
        return self.revoke(now, col(RefreshToken.family_id) == token.family_id)

    def revoke_user(self, user_id: int, now: datetime) -> int:
        """Revoke all tokens of a user."""
        return self.revoke(now, col(RefreshToken.user_id) == user_id)

    def revoke_users(self, user_ids: Sequence[int], now: datetime) -> int:
        """Revoke all tokens of some users."""
        return self.revoke(now, col(RefreshToken.user_id).in_(user_ids))

    def revoke_origin(self, user_id: int, origin: str, now: datetime) -> int:
        """Revoke the tokens of a user's sessions that were started with a credential."""
        is_owned = col(RefreshToken.user_id) == user_id
        return self.revoke(now, is_owned, col(RefreshToken.origin) == origin)

    def revoke_started_by_revoked(self, now: datetime, user_ids: Sequence[int] | None) -> int:
        """Revoke the tokens of sessions started with an API token that has just been revoked.

        Args:
            now: when the API token was revoked.
            user_ids: whose API tokens; None for those of all users.
        """
        origin = literal(API_ID_PREFIX).concat(cast(ApiToken.id, String))
        conditions = [col(ApiToken.revoked_at) == now]
        if user_ids is not None:
            conditions.append(col(ApiToken.user_id).in_(user_ids))
        return self.revoke(
            now,
            # There is an index on the user, but none on the origin, which is rarely set.
            col(RefreshToken.user_id).in_(select(ApiToken.user_id).where(*conditions)),
            col(RefreshToken.origin).in_(select(origin).where(*conditions)),
        )

    def revoke_matching(self, token_filter: TokenFilter, now: datetime) -> int:
        """Revoke the tokens that match a filter."""
        return self.revoke(now, *_conditions(token_filter, now))

    def page(
        self, token_filter: TokenFilter, now: datetime, *, after: int, limit: int
    ) -> Sequence[tuple[RefreshToken, str]]:
        """Return tokens and the addresses of their users, in the order of their ids."""
        query = select(RefreshToken, User.email).join(User).where(*_conditions(token_filter, now))
        query = query.where(col(RefreshToken.id) > after).order_by(col(RefreshToken.id))
        return self._session.exec(query.limit(limit)).all()

    def count_revocable(self, token_filter: TokenFilter, now: datetime) -> int:
        """Return how many tokens :meth:`revoke_matching` would report."""
        query = select(func.count()).select_from(RefreshToken)
        query = query.where(*_conditions(token_filter, now), _in_state("active", now))
        return self._session.exec(query).one()

    def count_active(self, now: datetime, user_ids: Sequence[int]) -> dict[int, int]:
        """Return how many active tokens each of these users has; users without any are left out."""
        owner = col(RefreshToken.user_id)
        conditions = (owner.in_(user_ids), _in_state("active", now))
        query = core_select(owner, func.count()).where(*conditions).group_by(owner)
        return {row[0]: row[1] for row in self._session.execute(query)}

    def count_by_state(self, now: datetime) -> dict[str, int]:
        """Return how many tokens there are in each state."""
        states = get_args(TokenState)
        counts = (func.count(case((_in_state(state, now), 1))).label(state) for state in states)
        return dict(self._session.execute(core_select(*counts)).mappings().one())


def _conditions(token_filter: TokenFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if token_filter.user_id is not None:
        conditions.append(col(RefreshToken.user_id) == token_filter.user_id)
    if token_filter.state is not None:
        conditions.append(_in_state(token_filter.state, now))
    if token_filter.current:
        # Every token of a session but the last was exchanged for its successor.
        conditions.append(col(RefreshToken.used_at).is_(None))
    if token_filter.expires_before is not None:
        conditions.append(_ends_by(token_filter.expires_before))
    if token_filter.unused_since is not None:
        # A session was last used when its current token was issued.
        conditions.append(col(RefreshToken.created_at) <= token_filter.unused_since)
    return conditions


def _in_state(state: TokenState, now: datetime) -> ColumnElement[bool]:
    used, revoked = col(RefreshToken.used_at), col(RefreshToken.revoked)
    if state == "used":
        return used.is_not(None)
    if state == "revoked":
        return and_(used.is_(None), revoked.is_(True))
    ends = _ends_by(now)
    return and_(used.is_(None), revoked.is_(False), ends if state == "expired" else ~ends)


def _ends_by(time: datetime) -> ColumnElement[bool]:
    family_end = col(RefreshToken.family_expires_at)
    return or_(
        col(RefreshToken.expires_at) <= time, and_(family_end.is_not(None), family_end <= time)
    )
