"""The ETags of users, and the conditions on them (RFC 9110, sections 8.8.3 and 13.1)."""

import hashlib
from collections.abc import Sequence
from typing import Annotated

from fastapi import Header

from userctl.schemas.users import UserRead

IfMatch = Annotated[list[str] | None, Header(description="The ETag of the user as you read it.")]
IfNoneMatch = Annotated[
    list[str] | None, Header(description="The ETag of the user as you have it.")
]


def entity_tag(user: UserRead) -> str:
    """Return a tag that changes whenever the user does."""
    shown = user.model_dump_json(include=set(UserRead.model_fields))
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:32]}"'


def matches_any_tag(lines: Sequence[str]) -> bool:
    """Tell whether a header matches any ETag."""
    return _parse_tags(lines) == ["*"]


def matches_user(lines: Sequence[str], user: UserRead, *, weak: bool = False) -> bool:
    """Tell whether a header matches the current ETag of a user.

    Args:
        lines: the lines of the header.
        user: the user.
        weak: whether a weak ETag matches the strong one.
    """
    tags = _parse_tags(lines)
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return tags == ["*"] or entity_tag(user) in tags


def _parse_tags(lines: Sequence[str]) -> list[str]:
    # A list may come in several lines and have empty elements (RFC 9110, sections 5.3 and 5.6.1).
    return [tag.strip() for tag in ",".join(lines).split(",") if tag.strip()]
