"""Issuing and verifying API tokens."""

from collections.abc import Callable
from datetime import datetime

from userctl.core.clock import Clock
from userctl.core.errors import AuthenticationFailed
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import ApiToken, User
from userctl.repositories.api_tokens import is_use_recorded
from userctl.schemas.audit import AuditTag
from userctl.schemas.credentials import Credentials
from userctl.schemas.tokens import ApiTokenClaims, ApiTokenCreate, ApiTokenIssued
from userctl.schemas.verification import VerifiedToken
from userctl.security.opaque_token import API_TOKEN
from userctl.services.authentication.failures import record_failure
from userctl.services.authentication.methods import Authenticator
from userctl.services.shared.records import validate_record
from userctl.services.shared.token_records import (
    api_token_id,
    api_token_read,
    require_usable,
    subject_of,
)
from userctl.services.users.lookup import lock_user
from userctl.services.users.records import lenient_user_read


def issue_token(uow: UnitOfWork, user: User, new: ApiTokenCreate, now: datetime) -> ApiTokenIssued:
    """Issue a token for a locked user."""
    assert user.id is not None
    text = API_TOKEN.generate()
    token = ApiToken(
        token=API_TOKEN.digest(text),
        user_id=user.id,
        label=new.label,
        scope=" ".join(new.scope),
        created_at=now,
        expires_at=None if new.expires_in is None else now + new.expires_in,
    )
    uow.api_tokens.add(token)
    uow.record(
        AuditTag.API_TOKEN_CREATE,
        now,
        user=user,
        token=api_token_id(token),
        label=new.label,
        scope=token.scope,
    )
    read = api_token_read(token, user.email, now)
    return ApiTokenIssued(**read.model_dump(), token=text)


class ApiTokenService:
    """The use cases that issue and verify API tokens.

    Args:
        database: where they are kept.
        authenticators: returns a method by its name.
        subject: the subject of tokens, ``email`` or ``id``.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        authenticators: Callable[[str], Authenticator],
        subject: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._authenticators = authenticators
        self._subject = subject
        self._clock = clock

    @retry_transactions
    def issue(self, new: ApiTokenCreate) -> ApiTokenIssued:
        """Issue a token for a user and return its text, which is not shown again.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self._clock()
        with self._database.writing() as uow:
            issued = issue_token(uow, lock_user(uow, new.user), new, now)
            uow.commit()
        return issued

    def verify(self, text: str) -> VerifiedToken:
        """Return the claims of an API token, and its user.

        A service verifies one with each request, so it is recorded only once a minute.

        Raises:
            AuthenticationFailed: if it is not active.
        """
        try:
            return self._verify_again(text) or self._verify(text)
        except AuthenticationFailed as error:
            tag = AuditTag.API_TOKEN_VERIFY_FAILURE
            record_failure(self._database, tag, self._clock(), error, method="api-token")
            raise

    def _verify_again(self, text: str) -> VerifiedToken | None:
        """Verify a token without recording it; return None if its use has to be recorded."""
        digest, now = API_TOKEN.digest(text), self._clock()
        with self._database.reading() as uow:
            token = uow.api_tokens.by_digest(digest)
            user = uow.users.get(token.user_id) if token else None
            if token is None or user is None or not is_use_recorded(token, now):
                return None
            require_usable(token, user, now)
            return VerifiedToken(lenient_user_read(user), self._claims(token, user))

    @retry_transactions
    def _verify(self, text: str) -> VerifiedToken:
        proof = self._authenticators("api-token").authenticate(Credentials(secret=text))
        with self._database.writing() as uow:
            identity = proof.redeem(uow)
            user, token = identity.user, uow.api_tokens.by_digest(API_TOKEN.digest(text))
            uow.record(AuditTag.API_TOKEN_VERIFY, self._clock(), user=user, token=identity.origin)
            uow.commit()
        assert token is not None
        return VerifiedToken(lenient_user_read(user), self._claims(token, user))

    def _claims(self, token: ApiToken, user: User) -> ApiTokenClaims:
        return validate_record(
            ApiTokenClaims,
            "api_tokens",
            token.id,
            sub=subject_of(user, self._subject),
            uid=user.id,
            role=user.role,
            scope=token.scope or None,
            iat=int(token.created_at.timestamp()),
            exp=None if token.expires_at is None else int(token.expires_at.timestamp()),
            jti=api_token_id(token),
            label=token.label,
        )
