"""The hash chain of the audit trail: each event's hash covers the hash of the event before it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import Any

NO_HASH = "0" * 64
"""The previous hash of the first event."""


# What another program stored may be of any type. Building an encoder for each event takes longer
# than encoding it.
_encode_detail = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


def canonical_json(detail: Mapping[str, Any]) -> str:
    """Return the canonical JSON of a detail: keys sorted, ASCII only, no spaces."""
    return _encode_detail(detail)


def event_hash(previous: str, number: int, time: datetime | str, *rest: str | int | None) -> str:
    """Return the hash of an event: the SHA-256 of a JSON array, in lower-case hexadecimal.

    Args:
        previous: The hash of the event before it, or ``NO_HASH``.
        number: The id of the event.
        time: When it happened; a stored text in another form is hashed as it is.
        rest: Its tag, actor, machine, user id, target and detail, as they are stored.
    """
    cells = map(_encode_cell, (previous, number, time_text(time), *rest))
    return sha256(f"[{','.join(cells)}]".encode()).hexdigest()


def _encode_cell(value: object) -> str:
    """Return a value as JSON; an encoder is slow to start, and most values need none."""
    if type(value) is str:
        return encode_basestring_ascii(value)
    return str(value) if type(value) is int else _encode(value)


def _describe_foreign_value(value: object) -> dict[str, str]:
    """Return an object, unlike any stored field, so that a foreign type breaks the chain."""
    return {type(value).__name__: repr(value)}


_encode = json.JSONEncoder(separators=(",", ":"), default=_describe_foreign_value).encode


@lru_cache(64)  # Many events in a row may have the same time.
def time_text(time: datetime | str) -> str:
    """Return a time in UTC, to the microsecond (RFC 3339); a text unchanged."""
    return (
        time if isinstance(time, str) else time.astimezone(UTC).isoformat(timespec="microseconds")
    )
