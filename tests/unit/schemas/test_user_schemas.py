"""What an account and a question for accounts may hold."""

import pytest
from pydantic import ValidationError

from userctl.core.errors import InvalidEmail, InvalidInput
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.users import UserCreate, UserQuery, UserUpdate

ADDRESS = "ada@example.com"
UNSEEN = pytest.mark.parametrize("text", ["a\nb", "a\x1b[31mb", "a\u202eb", "a\u200bb", "\udcff"])


@UNSEEN
def test_a_name_holds_nothing_unseen(text: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        UserCreate(email=ADDRESS, name=text)
    with pytest.raises(InvalidInput, match="name"):
        UserUpdate(name=text)


@UNSEEN
def test_a_search_holds_nothing_unseen(text: str) -> None:
    with pytest.raises(InvalidInput, match="search"):
        UserQuery(search=text)
    with pytest.raises(InvalidInput, match="search"):
        UserQuery(beginning=text)


def test_a_name_has_1_to_100_characters() -> None:
    assert UserCreate(email=ADDRESS, name="é" * 100).name == "é" * 100
    for name in ("", "x" * 101):
        with pytest.raises(InvalidInput, match="1 to 100"):
            UserCreate(email=ADDRESS, name=name)


def test_an_update_may_take_the_name_away() -> None:
    assert UserUpdate(name="").name == ""


def test_an_update_changes_something() -> None:
    with pytest.raises(InvalidInput, match="Nothing to update"):
        UserUpdate()
    assert UserUpdate(role="admin").name is None


def test_an_address_is_made_canonical_wherever_it_comes_in() -> None:
    assert UserCreate(email="Ada@Example.COM").email == ADDRESS
    assert UserUpdate(email="Ada@Example.COM").email == ADDRESS
    with pytest.raises(InvalidEmail):
        UserUpdate(email="ada")


def test_a_password_is_not_in_the_message_about_another_mistake() -> None:
    with pytest.raises(ValidationError) as caught:
        UserCreate.model_validate({"email": 1, "password": ["hunter2"]})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("field", ["limit", "skip"])
@pytest.mark.parametrize(("asked", "taken"), [(2**31, 2**31 - 2), (10**30, 2**31 - 2), (-1, 0)])
def test_a_count_is_bounded_to_what_every_database_can_take(
    field: str, asked: int, taken: int
) -> None:
    assert UserQuery.model_validate({field: asked}).model_dump()[field] == taken


@pytest.mark.parametrize(("asked", "taken"), [(2**40, 2**40), (10**30, 2**63 - 1), (-1, 0)])
def test_an_id_is_bounded_to_64_bits(asked: int, taken: int) -> None:
    assert UserQuery.model_validate({"after": asked}).after == taken


def test_no_limit_stays_no_limit() -> None:
    assert UserQuery(limit=None).limit is None
    assert TokenQuery(limit=None).limit is None
