"""Authentication by API token, for machines."""

from dataclasses import dataclass, field

from userctl.core.clock import Clock
from userctl.core.errors import TokenInvalid
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.schemas.credentials import Credentials
from userctl.schemas.email_address import canonical_email
from userctl.security.opaque_token import API_TOKEN
from userctl.services.authentication.methods import AuthenticationContext, Identity, Proof
from userctl.services.users.lookup import api_token_id, require_usable


class ApiTokenAuth:
    """The secret is an API token, which says whose it is."""

    def __init__(self, tools: AuthenticationContext) -> None:
        self._clock = tools.clock

    def authenticate(self, credentials: Credentials) -> Proof:
        """Check the form of a token; whether it is in force is seen when the proof is redeemed.

        Raises:
            TokenInvalid: if it is no API token, or was mistyped.
            InvalidEmail: if an identity is claimed that is no address.
        """
        digest = API_TOKEN.digest(credentials.secret)
        claimed = credentials.identity and canonical_email(credentials.identity)
        return ApiTokenProof(digest, claimed, self._clock)


build = ApiTokenAuth


@dataclass(frozen=True)
class ApiTokenProof:
    """Somebody holds the token with this digest, and may have said whose it is."""

    digest: str = field(repr=False)
    claimed: str | None
    clock: Clock

    def redeem(self, uow: UnitOfWork) -> Identity:
        """Return the owner of the token.

        Raises:
            TokenInvalid: if no such token was issued, or it is somebody else's than claimed.
            TokenRevoked, TokenExpired, AccountDisabled: if it is not in force.
        """
        found = uow.api_tokens.by_digest(self.digest)
        user = uow.users.lock(found.user_id) if found else None
        token = uow.api_tokens.lock(found.id) if found and found.id else None
        if user is None or token is None:
            raise TokenInvalid("This API token is not known here.")
        if self.claimed not in {None, user.email}:
            raise TokenInvalid("This API token belongs to another account.")
        now = self.clock()
        require_usable(token, user, now)
        uow.api_tokens.touch(token, now)
        return Identity(
            user,
            origin=api_token_id(token),
            # A token that was issued without a scope is allowed all that its account is.
            scope=token.scope or None,
            ends_at=token.expires_at,
        )
