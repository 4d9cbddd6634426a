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
        InvalidInput: naming the configured roles, if it is not.
    """
    if role not in roles:
        raise InvalidInput(
            f"{quote(role)} is not a configured role.", hint=f"Use one of: {', '.join(roles)}."
        )


def role_to_restore(user: DeletedUser, role: str | None, roles: Collection[str]) -> str:
    """Return the role of a restored user: the new one, or else their former one.

    Raises:
        InvalidInput: if that role is not configured.
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
    """Return the ``disabled_at`` of a user who is being disabled: the stored time, or else now."""
    return user.disabled_at if isinstance(user.disabled_at, datetime) else now


def end_sessions(uow: UnitOfWork, user: User, now: datetime) -> int:
    """Revoke all refresh tokens of a user, and return how many sessions were active."""
    assert user.id is not None
    return uow.refresh_tokens.revoke_user(user.id, now)


def new_password(
    password: str | None, policy: PasswordPolicy, *, generate: bool, must_change: bool
) -> str | None:
    """Return the password that a user gets: this one, a generated one, or None for none.

    Raises:
        InvalidInput: if a password is both given and generated, or there is none that must be
            changed.
    """
    if generate and password is not None:
        raise InvalidInput("A password is either given or generated, not both.")
    if must_change and password is None and not generate:
        raise InvalidInput("Without a password there is none that must be changed.")
    return generate_password(policy.minimum_length) if generate else password


def check_and_hash(
    password: str | None,
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    *,
    email: str,
    name: str | None,
) -> str:
    """Check a new password and return its hash; for None, return one that no password matches.

    Raises:
        PasswordRejected: if the password breaks the policy.
    """
    if password is None:
        return hasher.unmatchable_hash()
    policy.check(password, email=email, name=name)
    return hasher.hash(password)
