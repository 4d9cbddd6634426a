"""Users as they are shown."""

from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from userctl.core.errors import RowUnreadable
from userctl.core.stand_in_hash import is_unmatchable
from userctl.models import DeletedUser, User
from userctl.models.own_hash import own_hash, own_hash_column
from userctl.models.unreadable_values import UnreadableValue, display_text, unreadable_reason
from userctl.schemas.user_fields import SHOWN_FIELDS
from userctl.schemas.users import DeletedUserRead, UserRead
from userctl.services.shared.records import validate_record

T = TypeVar("T", bound=UserRead)

_STORED_FIELDS = [name for name in SHOWN_FIELDS if name not in {"status", "has_password"}]
_stored_values = attrgetter(*_STORED_FIELDS)
_TIMES = ("created_at", "updated_at")
_TIMES_OR_NONE = ("disabled_at", "former_login_at")
_TEXTS_OR_NONE = ("name", "managed_by", "previous_email")


def user_read(user: User | DeletedUser) -> UserRead:
    """Return a user as shown.

    Raises:
        RowUnreadable: if a value cannot be read.
    """
    return _read(UserRead, user)


def deleted_user_read(user: DeletedUser) -> DeletedUserRead:
    """Return a deleted user as shown.

    Raises:
        RowUnreadable: if a value cannot be read.
    """
    return _read(DeletedUserRead, user, deleted_at=user.deleted_at)


def lenient_user_read(user: User | DeletedUser) -> UserRead:
    """Return a user as shown, with values that cannot be read escaped or left out.

    So no such value keeps a user from logging in or from being corrected, disabled or deleted: text
    is shown with its bytes escaped, and a time or a number is left out.
    """
    values = _values(user)
    for name in (*_TIMES, "former_login_at"):
        if not isinstance(values[name], datetime):
            values[name] = None
    if not isinstance(values["password_version"], int):
        values["password_version"] = None
    for name in ("email", "role"):
        values[name] = display_text(values[name])
    for name in _TEXTS_OR_NONE:
        if values[name] is not None:
            values[name] = display_text(values[name])
    return UserRead(**values)


def _read(schema: type[T], user: User | DeletedUser, **more: object) -> T:
    table = str(user.__tablename__)
    checked = [(own_hash_column(user), str), *((name, datetime) for name in _TIMES)]
    for name, kind in checked:
        if reason := unreadable_reason(getattr(user, name), kind):
            raise RowUnreadable(table, user.id, name, reason)
    for name in _TIMES_OR_NONE:
        if isinstance(value := getattr(user, name), UnreadableValue):
            raise RowUnreadable(table, user.id, name, f"is not a time: {value!r}")
    return validate_record(schema, table, user.id, **_values(user), **more)


def _values(user: User | DeletedUser) -> dict[str, Any]:
    return dict(zip(_STORED_FIELDS, _stored_values(user), strict=True)) | {
        "status": "active" if user.disabled_at is None else "disabled",
        "has_password": not is_unmatchable(own_hash(user)),
        "must_change_password": bool(user.must_change_password),
        "address_verified": None if user.address_verified is None else bool(user.address_verified),
    }
