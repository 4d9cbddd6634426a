"""Users as records: what is shown of them."""

from datetime import datetime
from typing import Any, TypeVar

from userctl.core.errors import RowUnreadable
from userctl.core.stand_in_hash import is_unmatchable
from userctl.models import DeletedUser, User
from userctl.models.own_hash import own_hash
from userctl.models.unreadable import Unreadable, shown_text, why_unreadable
from userctl.schemas.user_fields import SHOWN_FIELDS
from userctl.schemas.users import DeletedUserRead, UserRead
from userctl.services.shared.records import validate_record

T = TypeVar("T", bound=UserRead)

_STORED_FIELDS = [name for name in SHOWN_FIELDS if name not in {"status", "has_password"}]
_TIMES = ("created_at", "updated_at")


def user_read(user: User | DeletedUser) -> UserRead:
    """Return what is shown of a user.

    Raises:
        RowUnreadable: if a value cannot be read.
    """
    return _read(UserRead, user)


def deleted_user_read(user: DeletedUser) -> DeletedUserRead:
    """Return what is shown of a deleted user.

    Raises:
        RowUnreadable: if a value cannot be read.
    """
    return _read(DeletedUserRead, user, deleted_at=user.deleted_at)


def changed_user(user: User | DeletedUser) -> UserRead:
    """Return what can be shown of a user who was changed, or who logged in.

    No value that cannot be read keeps a user from being corrected, disabled or deleted: a text is
    shown with its bytes escaped, and a time is left out.
    """
    values = _values(user)
    times = {name: time for name in _TIMES if isinstance(time := values[name], datetime)}
    texts = {name: shown_text(values[name]) for name in ("email", "role")}
    name = values["name"] if user.name is None else shown_text(user.name)
    return UserRead(**values | dict.fromkeys(_TIMES) | times | texts | {"name": name})


def _read(schema: type[T], user: User | DeletedUser, **more: object) -> T:
    table = str(user.__tablename__)
    waits = own_hash(user) is not user.hashed_password
    column = "disabled_hash" if waits else "hashed_password"
    checked = [(column, str), *((name, datetime) for name in _TIMES)]
    for name, kind in checked:
        if reason := why_unreadable(getattr(user, name), kind):
            raise RowUnreadable(table, user.id, name, reason)
    if isinstance(user.disabled_at, Unreadable):
        raise RowUnreadable(table, user.id, "disabled_at", f"is not a time: {user.disabled_at!r}")
    return validate_record(schema, table, user.id, **_values(user), **more)


def _values(user: User | DeletedUser) -> dict[str, Any]:
    return {
        **{field: getattr(user, field) for field in _STORED_FIELDS},
        "status": "active" if user.disabled_at is None else "disabled",
        "has_password": not is_unmatchable(own_hash(user)),
        "must_change_password": bool(user.must_change_password),
    }
