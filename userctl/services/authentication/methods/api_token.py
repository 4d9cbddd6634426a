"""Authentication by API token, for machines."""

from dataclasses import dataclass, field

from userctl.core.clock import Clock
from userctl.core.errors import TokenInvalid
from userctl.core.failure_cause import FailureCause, FailureFacts
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.schemas.credentials import Credentials
from userctl.schemas.email_address import lookup_address
from userctl.security.opaque_token import API_TOKEN
from userctl.services.authentication.methods import AuthenticationContext, Identity, Proof
from userctl.services.shared.records import require_text
from userctl.services.shared.token_records import (
    api_token_id,
    require_usable,
    require_user_id,
    token_facts,
)


class ApiTokenAuth:
    """Authenticates by an API token, which identifies its owner."""

    def __init__(self, context: AuthenticationContext) -> None:
        self._clock = context.clock

    def authenticate(self, credentials: Credentials) -> Proof:
        """Check the form of a token; redeeming the proof checks whether it is active.

        Raises:
            TokenInvalid: if it is not an API token, or was mistyped.
        """
        digest = API_TOKEN.digest(credentials.secret)
        claimed_email = credentials.identity and lookup_address(credentials.identity)
        return ApiTokenProof(digest, claimed_email, self._clock)


@dataclass(frozen=True)
class ApiTokenProof:
    """The digest of the presented token, and the address of the claimed owner, if any."""

    digest: str = field(repr=False)
    claimed_email: str | None
    clock: Clock

    def redeem(self, uow: UnitOfWork) -> Identity:
        """Return the owner of the token.

        Raises:
            TokenInvalid: if no such token was issued, or it belongs to another user than claimed.
            TokenRevoked, TokenExpired, AccountDisabled: if it is not active.
        """
        unlocked = uow.api_tokens.by_digest(self.digest)
        if unlocked is not None:
            require_user_id(unlocked)
        user = uow.users.lock(unlocked.user_id) if unlocked else None
        token = uow.api_tokens.lock(unlocked.id) if unlocked and unlocked.id else None
        if user is None or token is None:
            facts = FailureFacts(FailureCause.UNKNOWN_TOKEN)
            raise TokenInvalid("Unknown API token.", facts=facts)
        if self.claimed_email not in {None, user.email}:
            facts = token_facts(token, user, FailureCause.OTHER_OWNER)
            raise TokenInvalid("This API token belongs to another user.", facts=facts)
        require_text("api_tokens", token.id, scope=token.scope)
        now = self.clock()
        require_usable(token, user, now)
        uow.api_tokens.touch(token, now)
        return Identity(
            user,
            origin=api_token_id(token),
            # A token issued without a scope may do all that its owner may.
            scope=token.scope or None,
            ends_at=token.expires_at,
        )
