"""Rules that every change of a user has to follow."""

from collections.abc import Collection
from datetime import datetime

from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.db.transaction.unit_of_work import UnitOfWork
from userctl.models import DeletedUser, User
from userctl.models.unreadable_values import display_text
from userctl.security.password_policy import PasswordPolicy, generate_password
from userctl.security.passwords import PasswordHasher


def require_role(role: str, roles: Collection[str]) -> None:
    """Make sure that a role is configured.

    Raises:
        InvalidInput: with the roles that are.
    """
    if role not in roles:
        raise InvalidInput(
            f"{quote(role)} is not a configured role.", hint=f"Use one of: {', '.join(roles)}."
        )


def role_to_restore(user: DeletedUser, role: str | None, roles: Collection[str]) -> str:
    """Return the role that a deleted user gets: a new one, or their own if it is configured.

    Raises:
        InvalidInput: if it is not.
    """
    if role is not None:
        require_role(role, roles)
    elif user.role not in roles:
        raise InvalidInput(
            f"{display_text(user.email)} had the role {quote(display_text(user.role))}, "
            "which is not configured.",
            hint=f"Pass --role with one of: {', '.join(roles)}. Or add it to the setting 'roles'.",
        )
    return role or user.role


def disabled_since(user: User, now: datetime) -> datetime:
    """Return since when a user is disabled who is to be so: now, unless a time is stored."""
    return user.disabled_at if isinstance(user.disabled_at, datetime) else now


def end_sessions(uow: UnitOfWork, user: User, now: datetime) -> int:
    """Revoke all refresh tokens of a user, and return how many sessions were active."""
    assert user.id is not None
    return uow.refresh_tokens.revoke_user(user.id, now)


def new_password(
    given: str | None, policy: PasswordPolicy, *, generate: bool, must_change: bool
) -> str | None:
    """Return the password that a user gets: the given one, a generated one, or None for none.

    Raises:
        InvalidInput: if there are two, or there is none that could be changed.
    """
    if generate and given is not None:
        raise InvalidInput("A password is either given or generated, not both.")
    if must_change and given is None and not generate:
        raise InvalidInput("Without a password there is none that must be changed.")
    return generate_password(policy.minimum_length) if generate else given


def hash_accepted(
    password: str | None,
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    *,
    email: str,
    name: str | None,
) -> str:
    """Return the hash of a new password, or for None one that no password matches.

    Raises:
        PasswordRejected: if the password breaks the policy.
    """
    if password is None:
        return hasher.unmatchable_hash()
    policy.check(password, email=email, name=name)
    return hasher.hash(password)
