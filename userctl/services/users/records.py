"""Users as records: what is shown of them."""

from typing import TypeVar

from userctl.core.errors import DatabaseDamaged
from userctl.core.stand_in_hash import is_unmatchable
from userctl.models import DeletedUser, User
from userctl.models.own_hash import own_hash
from userctl.schemas.user_fields import SHOWN_FIELDS
from userctl.schemas.users import DeletedUserRead, UserRead
from userctl.services.shared.records import validate_record

T = TypeVar("T", bound=UserRead)

_STORED_FIELDS = [name for name in SHOWN_FIELDS if name not in {"status", "has_password"}]


def user_read(user: User | DeletedUser) -> UserRead:
    """Return what is shown of a user."""
    return _read(UserRead, user)


def deleted_user_read(user: DeletedUser) -> DeletedUserRead:
    """Return what is shown of a deleted user."""
    return _read(DeletedUserRead, user, deleted_at=user.deleted_at)


def _read(schema: type[T], user: User | DeletedUser, **more: object) -> T:
    hashed = own_hash(user)
    if not isinstance(hashed, str):
        raise DatabaseDamaged(f"The password hash of user {user.id} cannot be read.")
    return validate_record(
        schema,
        f"user {user.id}",
        **{field: getattr(user, field) for field in _STORED_FIELDS},
        status="active" if user.disabled_at is None else "disabled",
        has_password=not is_unmatchable(hashed),
        **more,
    )
