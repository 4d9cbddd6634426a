"""In what an existing user differs from the one who was to be created."""

from userctl.core.text import quote
from userctl.schemas.users import UserCreate, UserRead


def differences(wanted: UserCreate, existing: UserRead) -> list[str]:
    """Return what differs, as in ``role is 'user', not 'admin'``.

    Args:
        wanted: the new user; only the fields that were set are compared.
        existing: the user who has the address.
    """
    found = [
        f"{field} is {_shown(stored)}, not {_shown(asked)}"
        for field in ("role", "name")
        if field in wanted.model_fields_set
        and (stored := getattr(existing, field)) != (asked := getattr(wanted, field))
    ]
    if existing.status != "active":
        found.append(f"status is {quote(existing.status)}, not 'active'")
    return found


def _shown(value: str | None) -> str:
    return "empty" if value is None else quote(value)
