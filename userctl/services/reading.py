"""Finds rows and turns them into what may be shown."""

from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from userctl.db.unit_of_work import UnitOfWork
from userctl.errors import DatabaseDamaged, InvalidInput, UserNotFound
from userctl.models import RefreshToken, User
from userctl.schemas import TokenRead, UserRead
from userctl.schemas.email_address import canonical_email
from userctl.schemas.tokens import TokenState
from userctl.security.passwords import is_unmatchable
from userctl.text import escape_unseen

T = TypeVar("T", bound=BaseModel)


def find_user(uow: UnitOfWork, reference: str) -> User:
    """Return the account with an id or an e-mail address.

    Raises:
        InvalidInput: if the reference is neither.
        UserNotFound: if there is no such account.
    """
    if reference.isascii() and reference.isdigit():
        # Python refuses to convert very long digits, and no id has more than ten.
        user = uow.users.get(int(reference)) if len(reference) <= 20 else None
    else:
        if "@" not in reference:
            raise InvalidInput(
                f"'{reference[:80]}' is neither an id nor an e-mail address.",
                hint="Find the account with 'userctl user list --search TEXT'.",
            )
        reference = canonical_email(reference)
        user = uow.users.by_email(reference)
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


def user_read(user: User) -> UserRead:
    """Return what may be shown of an account."""
    own_hash = user.disabled_hash or user.hashed_password
    if not isinstance(own_hash, str):
        raise DatabaseDamaged(f"In account {user.id} the hash cannot be read.")
    return _validated(
        UserRead,
        f"account {user.id}",
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        status="active" if user.disabled_at is None else "disabled",
        has_password=not is_unmatchable(own_hash),
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


def token_read(token: RefreshToken, email: str, now: datetime) -> TokenRead:
    """Return what may be shown of a refresh token and its owner."""
    return _validated(
        TokenRead,
        f"token {token.id}",
        id=token.id,
        user_id=token.user_id,
        email=email,
        session=token.family_id,
        state=token_state(token, now),
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


def token_state(token: RefreshToken, now: datetime) -> TokenState:
    """Return where a refresh token stands in its life."""
    if token.used_at is not None:
        return "used"
    if token.revoked:
        return "revoked"
    ends = min(filter(None, (token.expires_at, token.family_expires_at)))
    return "expired" if ends <= now else "active"


def _validated(schema: type[T], which: str, **values: object) -> T:
    # SQLite stores whatever type another program hands it.
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DatabaseDamaged(
            f"In {which} the field '{escape_unseen(field)}' cannot be read."
        ) from None
