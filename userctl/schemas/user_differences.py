"""Differences between an existing user and the one to be created."""

from userctl.core.text import quote
from userctl.schemas.users import UserCreate, UserRead


def differences(new: UserCreate, existing: UserRead) -> list[str]:
    """Return the differences, as in ``role is 'user', not 'admin'``.

    Args:
        new: the new user; only the fields that were set are compared.
        existing: the user who has the address.
    """
    texts = [
        f"{field} is {_quote_value(stored)}, not {_quote_value(wanted)}"
        for field in ("role", "name")
        if field in new.model_fields_set
        and (stored := getattr(existing, field)) != (wanted := getattr(new, field))
    ]
    if existing.status != "active":
        texts.append(f"status is {quote(existing.status)}, not 'active'")
    return texts


def _quote_value(value: str | None) -> str:
    return "empty" if value is None else quote(value)
