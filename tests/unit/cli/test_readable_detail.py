"""The detail of an event is a line for people, and never the source of a dictionary."""

from typing import Any

import pytest

from userctl.cli.output.detail import readable_detail


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        ({}, ""),
        ({"changes": {"role": ["user", "admin"]}}, "role: user → admin"),
        ({"changes": {"name": ["A", None]}, "via": "import"}, "name: A → (none), via: import"),
        ({"changes": {"must": [True, False]}}, "must: yes → no"),
        ({"changes": "odd"}, ""),
        ({"changes": {"role": "odd"}}, "role: odd"),
        ({"reason": "throttled", "cause": "throttled", "count": 3}, "cause: throttled, count: 3"),
        ({"source": "x", "reason": "b", "cause": "a"}, "cause: a, source: x"),
        ({"was": [1, "a@example.com"], "origin": None}, "was: 1 a@example.com"),
        ({"rows": {"users": 3, "tokens": 4}}, "rows: users 3; tokens 4"),
    ],
)
def test_a_detail_is_readable(detail: dict[str, Any], text: str) -> None:
    assert readable_detail(detail) == text
