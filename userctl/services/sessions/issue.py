"""Starts sessions and issues their tokens."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from userctl.config.settings import Settings
from userctl.core.actor import machine_user
from userctl.core.clock import Clock
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models import User
from userctl.schemas.audit import AuditTag
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenPair
from userctl.security.access_token import AccessTokenCodec
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services.authentication.methods import Proof
from userctl.services.shared.records import require_text
from userctl.services.shared.token_records import subject_of
from userctl.services.users.records import lenient_user_read


@dataclass(frozen=True)
class TokenLifetimes:
    """How long access tokens, refresh tokens and whole sessions last."""

    access: timedelta
    refresh: timedelta
    session: timedelta


def token_lifetimes(settings: Settings) -> TokenLifetimes:
    """Return the lifetimes of tokens and sessions from the settings."""
    return TokenLifetimes(
        access=timedelta(minutes=settings.access_token_minutes),
        refresh=timedelta(days=settings.refresh_token_days),
        session=timedelta(days=settings.session_days),
    )


class LoginFacts(NamedTuple):
    """How a session was started, for the list of sessions and the audit trail.

    Args:
        method: the login method.
        source: where the login came from.
        client: the name by which the client identifies itself.
    """

    method: str | None = None
    source: str | None = None
    client: str | None = None


UNKNOWN_LOGIN = LoginFacts()


class TokenFamily(NamedTuple):
    """The tokens of one session: its start and end, its login, its credential and its scope."""

    id: str
    ends_at: datetime
    origin: str | None = None
    scope: str | None = None
    started_at: datetime | None = None
    login: LoginFacts = UNKNOWN_LOGIN


class TokenIssuer:
    """The use case that starts a session, and the part that issues every new pair of tokens.

    Args:
        database: where sessions are kept.
        codec: signs access tokens.
        lifetimes: how long tokens and sessions last.
        subject: what an access token calls its user, ``email`` or ``id``.
        clock: where the time comes from.
    """

    def __init__(
        self,
        database: Database,
        *,
        codec: AccessTokenCodec,
        lifetimes: TokenLifetimes,
        subject: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._codec = codec
        self._lifetimes = lifetimes
        self._subject = subject
        self._clock = clock

    @retry_transactions
    def start_session(self, proof: Proof, login: LoginFacts = UNKNOWN_LOGIN) -> Grant:
        """Start a session and issue its first tokens.

        Args:
            proof: the result of an authentication.
            login: how the session is started; without a source, it comes from this host.

        Raises:
            AuthenticationFailed: if the proof is no longer valid.
        """
        now = self._clock()
        with self._database.writing() as uow:
            identity = proof.redeem(uow)
            end = self.session_end(now)
            family = TokenFamily(
                secrets.token_hex(16),
                min(end, identity.ends_at or end),
                identity.origin,
                identity.scope,
                started_at=now,
                login=login._replace(source=login.source or machine_user()),
            )
            _, grant = self.issue(uow, identity.user, family, now)
            uow.record(
                AuditTag.LOGIN_SUCCESS,
                now,
                user=identity.user,
                session=family.id,
                origin=identity.origin,
                **login._asdict(),
            )
            uow.commit()
        return grant

    def session_end(self, now: datetime) -> datetime:
        """Return when a session that starts now ends at the latest."""
        return now + self._lifetimes.session

    def issue(
        self,
        uow: UnitOfWork,
        user: User,
        family: TokenFamily,
        now: datetime,
        *,
        text: str | None = None,
    ) -> tuple[int, Grant]:
        """Issue a refresh token and an access token; return the id of the refresh token too.

        Args:
            uow: the unit of work, which the caller commits.
            user: the user, locked.
            family: the session.
            now: the time of issue.
            text: the refresh token, if the caller generated it.
        """
        assert user.id is not None
        text = text or REFRESH_TOKEN.generate()
        token_id = uow.token_exchange.add(
            token=REFRESH_TOKEN.digest(text),
            user_id=user.id,
            expires_at=min(now + self._lifetimes.refresh, family.ends_at),
            created_at=now,
            updated_at=now,
            family_id=family.id,
            family_expires_at=family.ends_at,
            origin=family.origin,
            scope=family.scope,
            family_started_at=family.started_at,
            login_method=family.login.method,
            login_source=family.login.source,
            login_client=family.login.client,
        )
        lifetime = int(min(self._lifetimes.access, family.ends_at - now).total_seconds())
        claims = self._claims(user, family, int(now.timestamp()), lifetime)
        pair = TokenPair(
            access_token=self._codec.encode(claims), refresh_token=text, expires_in=lifetime
        )
        return token_id, Grant(pair, lenient_user_read(user), family.ends_at)

    def _claims(
        self, user: User, family: TokenFamily, issued_at: int, lifetime: int
    ) -> dict[str, Any]:
        subject = subject_of(user, self._subject)
        require_text("users", user.id, email=subject, role=user.role)
        return {
            "sub": subject,
            "uid": user.id,
            "role": user.role,
            "iss": self._codec.issuer,
            "aud": self._codec.audience,
            "iat": issued_at,
            "exp": issued_at + lifetime,
            "jti": secrets.token_hex(16),
            "sid": family.id,
            "scope": family.scope,
        }
