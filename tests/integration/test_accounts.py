"""Accounts on both databases."""

import pytest

from userctl.errors import LastAdmin, UserExists, UserNotFound
from userctl.schemas import UserCreate, UserCreated, UserQuery, UserUpdate
from userctl.services.accounts import AccountService


def test_a_created_account_is_found_by_id_and_by_any_spelling_of_its_address(
    accounts: AccountService, ada: UserCreated
) -> None:
    assert accounts.show(str(ada.id)) == accounts.show(" ADA@Example.COM".strip())


def test_an_address_belongs_to_one_account_however_it_is_spelt(
    accounts: AccountService, ada: UserCreated
) -> None:
    with pytest.raises(UserExists):
        accounts.create(UserCreate(email="Ada@EXAMPLE.com"))


def test_the_last_active_admin_cannot_be_deleted_disabled_or_demoted(
    accounts: AccountService,
) -> None:
    accounts.create(UserCreate(email="root@example.com", role="admin"))
    accounts.create(UserCreate(email="off@example.com", role="admin"))
    accounts.disable("off@example.com")
    with pytest.raises(LastAdmin):
        accounts.delete(["root@example.com"])
    with pytest.raises(LastAdmin):
        accounts.disable("root@example.com")
    with pytest.raises(LastAdmin):
        accounts.update("root@example.com", UserUpdate(role="user"))
    accounts.enable("off@example.com")
    accounts.delete(["root@example.com"])
    with pytest.raises(UserNotFound):
        accounts.show("root@example.com")


def test_a_list_goes_on_after_the_last_account_of_a_page(accounts: AccountService) -> None:
    for name in "cab":
        accounts.create(UserCreate(email=f"{name}@example.com"))
    first = accounts.page(UserQuery(sort="email", limit=2))
    rest = accounts.page(UserQuery(sort="email", limit=2, after=first.items[-1].id))
    assert [user.email[0] for user in first.items] == ["a", "b"]
    assert (first.more, rest.more) == (True, False)
    assert [user.email[0] for user in rest.items] == ["c"]
