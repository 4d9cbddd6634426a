"""The fields of a user are declared once."""

from userctl.models import DeletedUser, User
from userctl.schemas.user_fields import IMPORTED_FIELDS, PLAIN_FIELDS, SHOWN_FIELDS, USER_FIELDS
from userctl.schemas.users import UserRead
from userctl.services.users.import_.records import ImportedUser

COLUMNS = set(User.metadata.tables["users"].columns.keys())


def test_what_is_shown_is_what_is_declared() -> None:
    assert tuple(UserRead.model_fields) == SHOWN_FIELDS


def test_every_imported_field_is_stored_as_it_is_or_has_a_rule_of_its_own() -> None:
    ruled = set(ImportedUser._fields) - {"line", "plain"} | {"password"}
    assert set(IMPORTED_FIELDS) == set(PLAIN_FIELDS) | ruled
    assert not set(PLAIN_FIELDS) & ruled


def test_every_plain_field_is_a_column() -> None:
    assert set(PLAIN_FIELDS) <= COLUMNS


def test_no_field_is_declared_twice() -> None:
    names = [field.name for field in USER_FIELDS]
    assert len(set(names)) == len(names)


def test_a_deleted_user_keeps_every_column() -> None:
    assert set(DeletedUser.metadata.tables["deleted_users"].columns.keys()) == {
        *COLUMNS,
        "deleted_at",
    }
