"""The hash chain of the audit trail: each event's hash covers the hash of the event before it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

NO_HASH = "0" * 64
"""What the first event has in place of a previous hash."""


def canonical_json(detail: Mapping[str, Any]) -> str:
    """Return the canonical JSON of a detail: keys sorted, ASCII only, no spaces."""
    # What another program stored may be of any type.
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def event_hash(previous: str, number: int, time: datetime, *rest: str | int | None) -> str:
    """Return the hash of an event: the SHA-256 of a JSON array, in lower-case hexadecimal.

    Args:
        previous: The hash of the event before it, or ``NO_HASH``.
        number: The id of the event.
        time: When it happened.
        rest: Its tag, actor, machine, user id, target and detail, as they are stored.
    """
    values = [previous, number, microsecond_time(time), *rest]
    text = json.dumps(values, separators=(",", ":"), default=_describe_foreign_value)
    return sha256(text.encode()).hexdigest()


def _describe_foreign_value(value: object) -> dict[str, str]:
    """Return an object, which no stored field is, so that a foreign type breaks the chain."""
    return {type(value).__name__: repr(value)}


def microsecond_time(time: datetime) -> str:
    """Return a time in UTC, to the microsecond (RFC 3339)."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
