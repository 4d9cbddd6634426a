"""Changes of users as the audit trail records them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from userctl.core.text import rfc3339
from userctl.models import User
from userctl.models.unreadable_values import display_text


def recorded_changes(user: User, values: Mapping[str, Any]) -> dict[str, list[str | int | None]]:
    """Return the old and the new value of each changed column.

    Args:
        user: the user before the change.
        values: the new values by column.
    """
    return {
        name: [recorded_value(getattr(user, name)), recorded_value(value)]
        for name, value in values.items()
    }


def recorded_value(value: object) -> str | int | None:
    """Return a column value in a form that JSON can represent."""
    if isinstance(value, datetime):
        return rfc3339(value)
    return value if value is None or isinstance(value, int) else display_text(value)
