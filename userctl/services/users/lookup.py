"""Finds rows and turns them into what may be shown."""

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from userctl.core.errors import (
    AccountDisabled,
    DatabaseDamaged,
    InvalidInput,
    TokenExpired,
    TokenRevoked,
    UserNotFound,
)
from userctl.core.text import escape_invisible
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import ApiToken, DeletedUser, RefreshToken, User
from userctl.models.api_token import API_ID_PREFIX
from userctl.schemas import DeletedUserRead, TokenRead, UserRead
from userctl.schemas.email_address import canonical_email
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.tokens import TokenState
from userctl.schemas.user_fields import SHOWN_FIELDS
from userctl.security.passwords import is_unmatchable

T = TypeVar("T", bound=BaseModel)

_STORED_FIELDS = [name for name in SHOWN_FIELDS if name not in {"status", "has_password"}]


def id_or_address(reference: str) -> int | str:
    """Return the id or the canonical address by which an account is meant.

    Raises:
        InvalidInput: if the reference is neither.
    """
    if reference.isascii() and reference.isdigit():
        # Python refuses to convert very long digits, and no id has more than ten.
        return int(reference) if len(reference) <= 20 else LARGEST_ID + 1
    if "@" not in reference:
        raise InvalidInput(
            f"'{reference[:80]}' is neither an id nor an e-mail address.",
            hint="Find the account with 'userctl user list --search TEXT'.",
        )
    return canonical_email(reference)


def find_user(uow: UnitOfWork, reference: str) -> User:
    """Return the account with an id or an e-mail address.

    Raises:
        InvalidInput: if the reference is neither.
        UserNotFound: if there is no such account.
    """
    which = id_or_address(reference)
    user = uow.users.get(which) if isinstance(which, int) else uow.users.by_email(which)
    if user is None:
        raise UserNotFound(f"There is no account '{reference[:80]}'.")
    return user


def lock_user(uow: UnitOfWork, reference: str) -> User:
    """Return the account as :func:`find_user` does, locked until the transaction ends."""
    found = find_user(uow, reference)
    assert found.id is not None
    user = uow.users.lock(found.id)
    if user is None:
        raise UserNotFound(f"There is no account '{reference[:80]}'.")
    return user


def user_read(user: User | DeletedUser) -> UserRead:
    """Return what may be shown of an account."""
    return _account_read(UserRead, user)


def deleted_user_read(user: DeletedUser) -> DeletedUserRead:
    """Return what may be shown of a deleted account."""
    return _account_read(DeletedUserRead, user, deleted_at=user.deleted_at)


def _account_read(schema: type[T], user: User | DeletedUser, **more: object) -> T:
    own_hash = user.disabled_hash or user.hashed_password
    if not isinstance(own_hash, str):
        raise DatabaseDamaged(f"In account {user.id} the hash cannot be read.")
    return validated(
        schema,
        f"account {user.id}",
        **{field: getattr(user, field) for field in _STORED_FIELDS},
        status="active" if user.disabled_at is None else "disabled",
        has_password=not is_unmatchable(own_hash),
        **more,
    )


def subject_of(user: User, kind: str) -> str:
    """Return what a token calls its owner: the ``email``, or with another kind the id."""
    return user.email if kind == "email" else str(user.id)


def token_read(token: RefreshToken, email: str, now: datetime) -> TokenRead:
    """Return what may be shown of a refresh token and its owner."""
    return validated(
        TokenRead,
        f"token {token.id}",
        id=str(token.id),
        kind="refresh",
        user_id=token.user_id,
        email=email,
        label=None,
        scope=(token.scope or "").split(),
        session=token.family_id,
        state=token_state(token, now),
        created_at=token.created_at,
        last_used_at=token.used_at or token.created_at,
        expires_at=token.expires_at,
        replayed_at=token.replayed_at,
    )


def api_token_read(token: ApiToken, email: str, now: datetime) -> TokenRead:
    """Return what may be shown of an API token and its owner."""
    return validated(
        TokenRead,
        f"token {api_token_id(token)}",
        id=api_token_id(token),
        kind="api",
        user_id=token.user_id,
        email=email,
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
    """Return the id of an API token, which is never that of a refresh token."""
    return f"{API_ID_PREFIX}{token.id}"


def api_token_state(token: ApiToken, now: datetime) -> TokenState:
    """Return where an API token stands in its life."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "active"


def require_usable(token: ApiToken, user: User, now: datetime) -> None:
    """Make sure that an API token is in force.

    Raises:
        TokenRevoked, TokenExpired, AccountDisabled: if it is not.
    """
    state = api_token_state(token, now)
    if state == "revoked":
        raise TokenRevoked("This API token has been revoked.")
    if state == "expired":
        raise TokenExpired("This API token has expired.", hint="Issue another.")
    if user.disabled_at is not None:
        raise AccountDisabled("The account of this token is disabled.")


def token_state(token: RefreshToken, now: datetime) -> TokenState:
    """Return where a refresh token stands in its life."""
    if token.used_at is not None:
        return "used"
    if token.revoked:
        return "revoked"
    if token.expires_at is None:
        # The column of an application may allow it.
        raise DatabaseDamaged(f"In token {token.id} the field 'expires_at' cannot be read.")
    ends = min(filter(None, (token.expires_at, token.family_expires_at)))
    return "expired" if ends <= now else "active"


def validated(schema: type[T], which: str, **values: object) -> T:
    """Return a record made of what stands in the database.

    Raises:
        DatabaseDamaged: naming the row and the field, if another program left nonsense there.
    """
    # SQLite stores whatever type another program hands it.
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DatabaseDamaged(
            f"In {which} the field '{escape_invisible(field)}' cannot be read."
        ) from None
