"""The fields of a user: the single list from which output, export and import derive.

A new column of ``users`` needs a line here, a field of :class:`userctl.models.user.UserColumns`, a
field of :class:`userctl.schemas.users.UserRead` and a migration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.schemas.email_address import canonical_email
from userctl.schemas.set_name import check_set_name
from userctl.schemas.timestamp import parse_timestamp
from userctl.schemas.user_name import check_name


@dataclass(frozen=True)
class UserField:
    """A field of a user in a file or an output.

    Attributes:
        name: its name; a plain field and its column have the same name.
        parse: returns the value of a text in a file, or raises :class:`InvalidInput`. None where
            an import ignores the field, because the database assigns the value.
        shown: whether the field is shown and exported.
        plain: whether an import stores the value as it is. Every other imported field has its own
            rules in the import.
    """

    name: str
    parse: Callable[[str], Any] | None = None
    shown: bool = True
    plain: bool = False


_TRUE = {"true", "t", "yes", "1"}
_FALSE = {"false", "f", "no", "0"}
"""The spellings of a boolean in spreadsheets, databases and tables of userctl, in lower case."""


def _parse_status(text: str) -> str:
    status = text.lower()
    if status not in {"active", "disabled"}:
        raise InvalidInput(f"{quote(text)} is not a status. Use active or disabled.")
    return status


def _parse_boolean(text: str) -> bool:
    value = text.lower()
    if value not in _TRUE | _FALSE:
        raise InvalidInput(f"{quote(text)} is not a boolean. Use true or false.")
    return value in _TRUE


LARGEST_VERSION = 999_999_999


def _parse_version(text: str) -> int:
    # int() accepts non-ASCII digits, and refuses very long texts with another error.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_VERSION))):
        raise InvalidInput(f"{quote(text)} is not a version. Use a number up to {LARGEST_VERSION}.")
    return int(text)


USER_FIELDS = (
    UserField("id"),
    UserField("email", canonical_email),
    UserField("name", check_name, plain=True),
    UserField("role", str),
    UserField("status", _parse_status),
    UserField("has_password"),
    UserField("must_change_password", _parse_boolean),
    UserField("hashed_password", str, shown=False),
    UserField("password", str, shown=False),
    UserField("address_verified", _parse_boolean, plain=True),
    UserField("former_login_at", parse_timestamp, plain=True),
    UserField("managed_by", check_set_name, plain=True),
    UserField("password_version", _parse_version, plain=True),
    UserField("previous_email", canonical_email, plain=True),
    UserField("created_at", parse_timestamp),
    UserField("updated_at"),
)

SHOWN_FIELDS = tuple(field.name for field in USER_FIELDS if field.shown)
"""The fields of ``UserRead``, in their order."""

IMPORTED_FIELDS = tuple(field.name for field in USER_FIELDS if field.parse is not None)

REASON_FIELD = "reason"
"""Why a record was rejected, in a file of rejected records."""

UNUSED_FIELDS = (*(field.name for field in USER_FIELDS if field.parse is None), REASON_FIELD)
"""The fields of an export or of a file of rejected records that an import ignores."""

PLAIN_FIELDS = tuple(field.name for field in USER_FIELDS if field.plain)
"""The columns that an import stores as they are."""
