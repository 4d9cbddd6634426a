"""Ending sessions, and listing what there is to end."""

from collections.abc import Iterator, Sequence

from userctl.clock import Clock
from userctl.db.retry import retried
from userctl.db.unit_of_work import Database, UnitOfWork
from userctl.errors import TokenNotFound
from userctl.models import RefreshToken
from userctl.schemas import RevokeResult, TokenQuery, TokenRead
from userctl.schemas.page import Page
from userctl.security import refresh_token
from userctl.services.reading import find_user, lock_user, token_read

STREAM_PAGE = 1000


class RevocationService:
    """The use cases on refresh tokens as records. Revoking a token ends its whole session."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def page(self, query: TokenQuery) -> Page[TokenRead]:
        """Return one page of refresh tokens.

        Raises:
            UserNotFound: if the owner does not exist.
        """
        now = self._clock()
        limit = query.limit
        with self._database.reading() as uow:
            rows = uow.refresh_tokens.page(
                now,
                user_id=None if query.user is None else find_user(uow, query.user).id,
                state=query.state,
                after=query.after,
                limit=None if limit is None else limit + 1,
            )
            tokens = [token_read(token, email, now) for token, email in rows]
        return Page(items=tokens[:limit], more=limit is not None and len(tokens) > limit)

    def stream(self, query: TokenQuery) -> Iterator[TokenRead]:
        """Yield all refresh tokens a query asks for, without holding them all."""
        page = self.page(query.model_copy(update={"limit": STREAM_PAGE}))
        yield from page.items
        while page.more:
            following = {"limit": STREAM_PAGE, "after": page.items[-1].id}
            page = self.page(query.model_copy(update=following))
            yield from page.items

    @retried
    def revoke(self, token_ids: Sequence[int]) -> RevokeResult:
        """End the sessions of tokens, all or, if one is unknown, none.

        Raises:
            TokenNotFound: naming the first id that is unknown.
        """
        now = self._clock()
        with self._database.writing() as uow:
            tokens = [_known(uow, token_id) for token_id in token_ids]
            for user_id in sorted({token.user_id for token in tokens}):
                uow.users.lock(user_id)
            count = sum(uow.refresh_tokens.revoke_family(token, now) for token in tokens)
            uow.commit()
        return RevokeResult(revoked_sessions=count)

    @retried
    def revoke_text(self, token: str) -> RevokeResult:
        """End the session of a refresh token; one that is not known has none (RFC 7009).

        Raises:
            TokenInvalid: if the text is no refresh token.
        """
        digest = refresh_token.digest(token)
        with self._database.writing() as uow:
            found = uow.refresh_tokens.by_digest(digest)
            count = 0
            if found is not None:
                uow.users.lock(found.user_id)
                count = uow.refresh_tokens.revoke_family(found, self._clock())
            uow.commit()
        return RevokeResult(revoked_sessions=count)

    @retried
    def revoke_user(self, reference: str) -> RevokeResult:
        """End all sessions of an account.

        Raises:
            UserNotFound: if there is no such account.
        """
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            assert user.id is not None
            count = uow.refresh_tokens.revoke_user(user.id, self._clock())
            uow.commit()
        return RevokeResult(revoked_sessions=count)

    @retried
    def revoke_all(self) -> RevokeResult:
        """End all sessions of all accounts."""
        with self._database.writing() as uow:
            # A refresh under way could otherwise insert a token that the update does not see.
            uow.refresh_tokens.lock_all()
            count = uow.refresh_tokens.revoke(self._clock())
            uow.commit()
        return RevokeResult(revoked_sessions=count)


def _known(uow: UnitOfWork, token_id: int) -> RefreshToken:
    token = uow.refresh_tokens.get(token_id)
    if token is None:
        raise TokenNotFound(f"There is no token {token_id}; nothing was revoked.")
    return token
