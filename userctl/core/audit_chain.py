"""How the events of the audit trail hang together."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

NO_HASH = "0" * 64
"""What stands for the hash of the event before the first."""


def canonical(detail: Mapping[str, Any]) -> str:
    """Return the one way to write details down as JSON: sorted, ASCII, without spaces."""
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def chained(previous: str, number: int, time: datetime, *rest: str | int | None) -> str:
    """Return the hash of an event: the SHA-256 of a JSON array, as lower-case hexadecimals.

    Args:
        previous: the hash of the event before it, or ``NO_HASH``.
        number: its id.
        time: when it happened.
        rest: its tag, actor, machine, user id, target and detail, as they are stored.
    """
    values = [previous, number, exact(time), *rest]
    text = json.dumps(values, separators=(",", ":"), default=_foreign)
    return sha256(text.encode()).hexdigest()


def _foreign(value: object) -> dict[str, str]:
    """Return what no event that we wrote has in the place of a value of another type."""
    return {type(value).__name__: repr(value)}


def exact(time: datetime) -> str:
    """Return a time in UTC, to the microsecond."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
