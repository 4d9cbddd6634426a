"""Values as the exports of other systems write them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from userctl.core.clock import utc_now
from userctl.core.text import rfc3339

_NULLS = {"", "\\N", "NULL", "null", "None"}
"""How exports of tables write a value that is missing."""

_TRUTHS = dict.fromkeys(["1", "t", "true", "yes", "y"], True) | dict.fromkeys(
    ["0", "f", "false", "no", "n"], False
)


def pick(row: Mapping[str, Any], *names: str) -> str | None:
    """Return the first value present in a row among some columns."""
    for name in names:
        value = row.get(name)
        if value is not None and value not in _NULLS:
            return str(value)
    return None


def is_true(value: object) -> bool | None:
    """Return a truth value in any notation; None for a missing one."""
    if value is None or str(value) in _NULLS:
        return None
    return _TRUTHS[str(value).lower()]


def bool_text(value: bool | None) -> str | None:  # noqa: FBT001
    """Return a truth value as the import reads it."""
    return None if value is None else str(value).lower()


def status(*, disabled: bool | None) -> str:
    """Return the status of a user."""
    return "disabled" if disabled else "active"


def time_of(value: object) -> str | None:
    """Return a time as RFC 3339 (section 5.6); one without a zone is in UTC.

    Raises:
        ValueError: if it is not a time.
    """
    if value is None or str(value) in _NULLS or str(value).startswith("0000-00-00"):
        return None
    text = re.sub(r" (?=[+-]\d)", "", str(value).strip().replace(" UTC", "+00:00"))
    time = datetime.fromisoformat(text)
    return rfc3339(time if time.tzinfo else time.replace(tzinfo=UTC))


def is_ahead(time: str | None) -> bool:
    """Tell whether a time, such as the end of a ban, is in the future or never comes."""
    for_ever = time is not None and time.startswith(("infinity", "9999-"))
    return for_ever or (time_of(time) or "") > rfc3339(utc_now())


def time_of_milliseconds(value: object) -> str | None:
    """Return a time from milliseconds since 1970."""
    if value is None or str(value) in _NULLS:
        return None
    return rfc3339(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(str(value))))


def full_name(*parts: object) -> str | None:
    """Return a name from its parts, without the missing ones."""
    texts = (str(part).strip() for part in parts if part and part not in _NULLS)
    return " ".join(text for text in texts if text) or None


def name_of(row: Mapping[str, Any]) -> str | None:
    """Return the name of a user, which may be in one column or in two."""
    single_name = pick(row, "name", "full_name")
    return single_name or full_name(row.get("first_name"), row.get("last_name"))


def is_set_text(row: Mapping[str, Any], column: str) -> str | None:
    """Return whether a column has a value, as the import reads it; None without that column."""
    return bool_text(pick(row, column) is not None) if column in row else None
