"""The states of tokens, and tokens as they are shown."""

from datetime import datetime

from userctl.core.errors import AccountDisabled, RowUnreadable, TokenExpired, TokenRevoked
from userctl.core.failure_cause import FailureCause, FailureFacts
from userctl.models import ApiToken, RefreshToken, User
from userctl.models.api_token import API_ID_PREFIX
from userctl.models.unreadable_values import UnreadableValue, display_text, unreadable_reason
from userctl.schemas.tokens import TokenRead, TokenState
from userctl.services.shared.records import require_text, validate_record


def subject_of(user: User, subject: str) -> str:
    """Return the subject of a token: the address of the user for ``email``, otherwise the id."""
    return user.email if subject == "email" else str(user.id)


def refresh_token_read(token: RefreshToken, email: str, now: datetime) -> TokenRead:
    """Return a refresh token and its user as they are shown."""
    require_text("refresh_tokens", token.id, family_id=token.family_id, scope=token.scope)
    return validate_record(
        TokenRead,
        "refresh_tokens",
        token.id,
        id=str(token.id),
        kind="refresh",
        user_id=token.user_id,
        # The row of the user may be damaged, which must not hide the token.
        email=display_text(email),
        label=None,
        scope=(token.scope or "").split(),
        session=token.family_id,
        state=refresh_token_state(token, now),
        created_at=token.created_at,
        last_used_at=token.used_at or token.created_at,
        expires_at=token.expires_at,
        replayed_at=token.replayed_at,
    )


def api_token_read(token: ApiToken, email: str, now: datetime) -> TokenRead:
    """Return an API token and its user as they are shown."""
    require_text("api_tokens", token.id, scope=token.scope)
    return validate_record(
        TokenRead,
        "api_tokens",
        token.id,
        id=api_token_id(token),
        kind="api",
        user_id=token.user_id,
        email=display_text(email),
        label=token.label,
        scope=token.scope.split(),
        session=None,
        state=api_token_state(token, now),
        created_at=token.created_at,
        last_used_at=token.last_used_at,
        expires_at=token.expires_at,
        replayed_at=None,
    )


def api_token_id(token: ApiToken) -> str:
    """Return the public id of an API token, which is never that of a refresh token."""
    return f"{API_ID_PREFIX}{token.id}"


def api_token_state(token: ApiToken, now: datetime) -> TokenState:
    """Return the state of an API token."""
    if token.revoked_at is not None:
        return "revoked"
    if isinstance(token.expires_at, UnreadableValue):
        raise RowUnreadable(
            "api_tokens", token.id, "expires_at", f"is not a time: {token.expires_at!r}"
        )
    return "expired" if token.expires_at is not None and token.expires_at <= now else "active"


def refresh_token_state(token: RefreshToken, now: datetime) -> TokenState:
    """Return the state of a refresh token."""
    if token.used_at is not None:
        return "used"
    if token.revoked:
        return "revoked"
    if token.expires_at is None:
        # The column of an application may be nullable.
        raise RowUnreadable("refresh_tokens", token.id, "expires_at", "is missing")
    for name in ("expires_at", "family_expires_at"):
        if isinstance(value := getattr(token, name), UnreadableValue):
            raise RowUnreadable("refresh_tokens", token.id, name, f"is not a time: {value!r}")
    ends_at = min(filter(None, (token.expires_at, token.family_expires_at)))
    return "expired" if ends_at <= now else "active"


def require_usable(token: ApiToken, user: User, now: datetime) -> None:
    """Make sure that an API token is active, and its user too.

    Raises:
        TokenRevoked, TokenExpired, AccountDisabled: if one is not.
    """
    state, facts = api_token_state(token, now), token_facts(token, user)
    if state == "revoked":
        raise TokenRevoked("This API token has been revoked.", facts=facts)
    if state == "expired":
        raise TokenExpired("This API token has expired.", hint="Issue another.", facts=facts)
    if user.disabled_at is not None:
        raise AccountDisabled("The user of this API token is disabled.", facts=facts)


def token_facts(token: ApiToken, user: User, cause: FailureCause | None = None) -> FailureFacts:
    """Return the facts about a refused token that the audit trail records."""
    return FailureFacts(cause, user.id, str(user.email), api_token_id(token))


def require_user_id(token: ApiToken | RefreshToken) -> None:
    """Make sure that the user of a token can be looked up.

    Raises:
        RowUnreadable: if another program stored something that is not an id.
    """
    if reason := unreadable_reason(token.user_id, int):
        raise RowUnreadable(str(token.__tablename__), token.id, "user_id", reason)
