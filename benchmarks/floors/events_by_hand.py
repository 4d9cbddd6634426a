"""The audit events of an import, made by hand; both floors of the import write them."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

HEAD = "SELECT id, hash FROM audit_events ORDER BY id DESC LIMIT 1"
COLUMNS = "id, time, tag, actor, machine, user_id, target, detail, hash"

_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def events(
    head: tuple[int, str], users: Iterable[tuple[int, str, str, str]]
) -> Iterator[tuple[Any, ...]]:
    """Yield a chained event for each new user, given as id, address, name and role."""
    last, previous = head
    now = datetime.now(UTC)
    time = now.isoformat(timespec="microseconds")
    stored = f"{now:%Y-%m-%d %H:%M:%S.%f}"
    for number, (user_id, email, name, role) in enumerate(users, last + 1):
        detail = _encode({"name": name, "role": role, "via": "import"})
        about = ("account:create", "operator", "operator@host", user_id, email, detail)
        previous = sha256(_encode([previous, number, time, *about]).encode()).hexdigest()
        yield number, stored, *about, previous
