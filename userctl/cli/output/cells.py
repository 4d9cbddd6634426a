"""Formats single values of records for people."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from userctl.cli.output.detail import readable_detail
from userctl.cli.output.human import human_size, relative_time
from userctl.core.text import escape_invisible, rfc3339


class TimeStyle(Enum):
    """How times are shown, from the longest form to the shortest."""

    BOTH = "exact and relative"
    EXACT = "exact"
    RELATIVE = "relative"


GOOD, POOR, BAD, _PAST = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m"
BOLD, RESET = "\x1b[1m", "\x1b[0m"

_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
"""A SHA-256, shortened to its beginning where there is little room."""

_COLORED_FIELDS = {"status", "state", "outcome", "verdict"}
"""The fields whose values have a color."""

_COLORS: Mapping[str, str] = {
    **dict.fromkeys(("active", "ok", "success", "healthy", "current"), GOOD),
    **dict.fromkeys(("warning", "next", "passive", "throttled", "must_change_password"), POOR),
    **dict.fromkeys(("empty", "foreign", "outdated", "no_password", "unsupported_hash"), POOR),
    **dict.fromkeys(("disabled", "failure", "revoked", "unhealthy", "deleted", "purged"), BAD),
    **dict.fromkeys(("missing", "too_new", "unknown"), BAD),
    **dict.fromkeys(("used", "expired", "retired"), _PAST),
}


def format_value(name: str, value: Any, style: TimeStyle, now: datetime | None) -> str:
    """Return a value as text for people.

    Args:
        name: the field.
        value: its value.
        style: how a time is shown if there is a ``now``.
        now: the time that relative times are relative to; None for exact values only.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _format_time(value, style, now)
    if isinstance(value, Mapping):
        text = readable_detail(value)
        if now is not None and style is TimeStyle.RELATIVE:
            text = _DIGEST.sub(r"\1...", text)
        return escape_invisible(text)
    if isinstance(value, list):
        return ", ".join(format_value(name, item, style, now) for item in value)
    if now is not None and name.endswith("_bytes") and isinstance(value, int):
        return f"{human_size(value)} ({value:,})" if style is TimeStyle.BOTH else human_size(value)
    return escape_invisible(str(value))


def color(name: str, value: Any) -> str:
    """Return the escape sequence that colors a value; nothing for most."""
    if name == "tag" and isinstance(value, str) and value.endswith((":failure", ":reuse")):
        return BAD
    return _COLORS.get(value, "") if name in _COLORED_FIELDS and isinstance(value, str) else ""


def _format_time(value: datetime, style: TimeStyle, now: datetime | None) -> str:
    if now is None or style is TimeStyle.EXACT:
        return rfc3339(value)
    relative = relative_time(value, now)
    return relative if style is TimeStyle.RELATIVE else f"{rfc3339(value)} ({relative})"
