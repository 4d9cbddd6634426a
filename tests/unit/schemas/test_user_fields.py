"""The fields of a user are declared once."""

from typing import Any

import pytest

from userctl.core.errors import InvalidInput
from userctl.models import DeletedUser, User
from userctl.schemas.user_fields import IMPORTED_FIELDS, PLAIN_FIELDS, SHOWN_FIELDS, USER_FIELDS
from userctl.schemas.users import UserRead
from userctl.services.users.import_.records import ImportedUser

COLUMNS = set(User.metadata.tables["users"].columns.keys())


def test_what_is_shown_is_what_is_declared() -> None:
    assert tuple(UserRead.model_fields) == SHOWN_FIELDS


def test_every_imported_field_is_stored_as_it_is_or_has_a_rule_of_its_own() -> None:
    ruled = set(ImportedUser._fields) - {"line", "plain", "numbered", "source"} | {"password"}
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


PARSERS: dict[str, Any] = {field.name: field.parse for field in USER_FIELDS}


@pytest.mark.parametrize("text", ["true", "TRUE", "True", "t", "yes", "1"])
def test_a_boolean_is_true_as_spreadsheets_databases_and_people_write_it(text: str) -> None:
    assert PARSERS["must_change_password"](text) is True


@pytest.mark.parametrize("text", ["false", "FALSE", "False", "f", "no", "0"])
def test_a_boolean_is_false_as_spreadsheets_databases_and_people_write_it(text: str) -> None:
    assert PARSERS["must_change_password"](text) is False


@pytest.mark.parametrize("text", ["Active", "DISABLED"])
def test_the_case_of_a_status_does_not_matter(text: str) -> None:
    assert PARSERS["status"](text) == text.lower()


@pytest.mark.parametrize(("field", "text"), [("must_change_password", "2"), ("status", "on")])
def test_a_value_that_is_neither_is_refused(field: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{text}' is not a"):
        PARSERS[field](text)
