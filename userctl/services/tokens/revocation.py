"""Ending sessions and revoking API tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from userctl.core.clock import Clock
from userctl.core.errors import GuardRefused, TokenInvalid, TokenNotFound
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import ApiToken, RefreshToken
from userctl.models.unreadable_values import display_text, unreadable_reason
from userctl.schemas.audit import AuditTag
from userctl.schemas.database import RevokeResult
from userctl.schemas.tokens import TokenKind, TokenQuery, TokenTarget
from userctl.schemas.users import UserTarget
from userctl.security.opaque_token import API_TOKEN, REFRESH_TOKEN, refresh_digest
from userctl.services.shared.access_tokens import access_tokens_end, latest_time
from userctl.services.shared.token_records import api_token_id, require_user_id
from userctl.services.tokens.listing import parse_token_id, token_filter
from userctl.services.tokens.user_revocation import RevokeTokens
from userctl.services.users.batch.change import UserChange
from userctl.services.users.lookup import find_user, lock_user
from userctl.services.users.records import lenient_user_read
from userctl.services.users.targets import user_targets


class RevocationService:
    """The use cases that revoke tokens.

    Revoking a refresh token ends its whole session, and revoking an API token ends the sessions
    that were started with it. All use cases lock the user, then the API tokens, then the refresh
    tokens, in the same order as those that issue tokens.
    """

    def __init__(self, database: Database, *, access_lifetime: timedelta, clock: Clock) -> None:
        self._database = database
        self._lifetime = access_lifetime
        self._clock = clock

    def revoke_change(self, kind: TokenKind | None) -> UserChange:
        """Return a change that revokes the tokens of many users, of one kind or of both."""
        return RevokeTokens(kind)

    @retry_transactions
    def revoke(self, token_ids: Sequence[str]) -> RevokeResult:
        """Revoke tokens, all of them or, if one is unknown, none.

        Raises:
            InvalidInput: if one is not the id of a token.
            TokenNotFound: naming the first unknown id.
        """
        now = self._clock()
        with self._database.writing() as uow:
            tokens = [_find_token(uow, text) for text in token_ids]
            for user_id in sorted({token.user_id for token in tokens}):
                uow.users.lock(user_id)
            # An exchange in progress may have given a token a family.
            tokens = [_find_token(uow, text) for text in token_ids]
            results = [self._revoke(uow, token, now) for token in tokens]
            uow.commit()
        return RevokeResult(
            revoked_sessions=sum(result.revoked_sessions for result in results),
            revoked_api_tokens=sum(result.revoked_api_tokens for result in results),
            access_tokens_valid_until=latest_time(
                result.access_tokens_valid_until for result in results
            ),
        )

    def preview(self, token_ids: Sequence[str]) -> list[TokenTarget]:
        """Return the tokens that :meth:`revoke` would revoke, whatever their state.

        Raises:
            InvalidInput: if one is not the id of a token.
            TokenNotFound: naming the first unknown id.
        """
        with self._database.reading() as uow:
            return [_token_target(uow, _find_token(uow, text)) for text in token_ids]

    def preview_matching(self, query: TokenQuery) -> tuple[RevokeResult, UserTarget | None]:
        """Return what :meth:`revoke_matching` would revoke, and the user of the query.

        Sessions that end because their API token is revoked are not counted.

        Raises:
            UserNotFound: if the user of the query does not exist.
        """
        now = self._clock()
        with self._database.reading() as uow:
            user = None if query.user is None else find_user(uow, query.user)
            wanted = token_filter(uow, query, now)
            count = RevokeResult()
            if query.kind != "refresh":
                count.revoked_api_tokens = uow.api_tokens.count_revocable(wanted, now)
            if query.kind != "api":
                count.revoked_sessions = uow.refresh_tokens.count_revocable(wanted, now)
            return count, None if user is None else user_targets(uow, [user], now)[0]

    @retry_transactions
    def revoke_text(self, token: str) -> RevokeResult:
        """Revoke the token with this text; an unknown token is not an error (RFC 7009).

        Raises:
            TokenInvalid: if the text is neither a refresh token nor an API token.
        """
        now = self._clock()
        result = RevokeResult()
        with self._database.writing() as uow:
            if API_TOKEN.resembles(token):
                issued = uow.api_tokens.by_digest(API_TOKEN.digest(token))
                if issued is not None:
                    require_user_id(issued)
                    uow.users.lock(issued.user_id)
                    result = self._revoke(uow, issued, now)
            else:
                stored = uow.refresh_tokens.by_digest(refresh_digest(token))
                if stored is not None:
                    require_user_id(stored)
                    uow.users.lock(stored.user_id)
                    # An exchange in progress may have given it a family.
                    current = uow.refresh_tokens.get(stored.id or 0) or stored
                    result = self._revoke(uow, current, now)
                elif not REFRESH_TOKEN.resembles(token):
                    # It may be an access token, which must not seem to be revoked.
                    raise TokenInvalid("Not a refresh token or API token of this database.")
            uow.commit()
        return result

    @retry_transactions
    def revoke_matching(self, query: TokenQuery, *, at_most: int | None = None) -> RevokeResult:
        """Revoke all tokens that match a query, whatever its limit.

        Args:
            query: which tokens.
            at_most: the largest number of tokens to revoke; None for any number.

        Raises:
            UserNotFound: if the user of the query does not exist.
            GuardRefused: if more tokens match; none is revoked then.
        """
        now = self._clock()
        result = RevokeResult()
        with self._database.writing() as uow:
            if query.user is not None:
                lock_user(uow, query.user)
            wanted = token_filter(uow, query, now)
            if query.kind != "refresh":
                result.revoked_api_tokens = uow.api_tokens.revoke_matching(wanted, now)
            if query.user is None:
                # A refresh in progress could otherwise insert a token that the update does not see.
                uow.refresh_tokens.lock_all()
            if result.revoked_api_tokens:
                result.revoked_sessions += uow.refresh_tokens.revoke_started_by_revoked(
                    now, None if wanted.user_id is None else [wanted.user_id]
                )
            if query.kind != "api":
                result.revoked_sessions += uow.refresh_tokens.revoke_matching(wanted, now)
            result.access_tokens_valid_until = self._access_end(uow, wanted.user_id, now, result)
            count = result.revoked_sessions + result.revoked_api_tokens
            if at_most is not None and count > at_most:
                raise GuardRefused(count)
            if count:
                asked = query.model_dump(mode="json", exclude_none=True, exclude={"limit", "after"})
                uow.record(
                    AuditTag.TOKEN_REVOKE,
                    now,
                    user_id=wanted.user_id,
                    matching=asked,
                    **result.counts,
                )
            uow.commit()
        return result

    def _access_end(
        self, uow: UnitOfWork, user_id: int | None, now: datetime, result: RevokeResult
    ) -> datetime | None:
        if not result.revoked_sessions:
            return None
        # For all users an upper bound is enough, which needs no query.
        if user_id is None:
            return now + self._lifetime
        return access_tokens_end(uow, now, self._lifetime, user_ids=[user_id])

    def _revoke(
        self, uow: UnitOfWork, token: ApiToken | RefreshToken, now: datetime
    ) -> RevokeResult:
        assert token.id is not None
        session = None
        if isinstance(token, ApiToken):
            name = api_token_id(token)
            result = RevokeResult(
                revoked_api_tokens=uow.api_tokens.revoke_id(token.id, now),
                revoked_sessions=uow.refresh_tokens.revoke_origin(token.user_id, name, now),
            )
            result.access_tokens_valid_until = self._access_end(uow, token.user_id, now, result)
        else:
            name = str(token.id)
            session = None if unreadable_reason(token.family_id, str) else token.family_id
            result = RevokeResult(revoked_sessions=uow.refresh_tokens.revoke_family(token, now))
            if session is not None:
                result.access_tokens_valid_until = access_tokens_end(
                    uow, now, self._lifetime, family_id=session
                )
        if any(result.counts.values()):
            detail = {"token": name} | ({"session": session} if session else {}) | result.counts
            uow.record(AuditTag.TOKEN_REVOKE, now, user_id=token.user_id, **detail)
        return result


def _token_target(uow: UnitOfWork, token: ApiToken | RefreshToken) -> TokenTarget:
    user = uow.users.get(token.user_id)
    # Even if the rows are damaged, the token can be revoked.
    email = f"user {token.user_id}" if user is None else lenient_user_read(user).email
    if isinstance(token, ApiToken):
        label = None if token.label is None else display_text(token.label)
        return TokenTarget(id=api_token_id(token), kind="api", email=email, label=label)
    return TokenTarget(id=str(token.id), kind="refresh", email=email)


def _find_token(uow: UnitOfWork, text: str) -> ApiToken | RefreshToken:
    kind, number = parse_token_id(text)
    token = (uow.api_tokens if kind == "api" else uow.refresh_tokens).get(number)
    if token is None:
        raise TokenNotFound(f"There is no token {text}. Nothing was revoked.")
    require_user_id(token)
    return token
