"""Accounts on both databases: create, change, lock out and remove."""

from collections.abc import Callable

import bcrypt
import pytest

from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import (
    InvalidCredentials,
    InvalidInput,
    LastAdmin,
    PasswordRejected,
    TokenRevoked,
    UserExists,
    UserNotFound,
)
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate, UserCreated, UserRead, UserUpdate
from userctl.services.users.manage import UserService

OTHER = "battery staple 88"


def stored_hash(sql: Sql, user_id: int) -> str:
    """What a program that reads only the shared columns sees."""
    return str(sql("SELECT hashed_password FROM users WHERE id = :id", id=user_id)[0][0])


def matches(password: str, hashed: str) -> bool:
    """Verify as any other program with a bcrypt library does."""
    return bcrypt.checkpw(password.encode(), hashed.encode())


def test_a_created_account_is_found_by_id_and_by_any_spelling_of_its_address(
    users: UserService, ada: UserCreated
) -> None:
    assert users.show(str(ada.id)) == users.show("ADA@Example.COM")


def test_an_account_is_created_with_every_field(users: UserService) -> None:
    new = UserCreate(email="Zoe@Bücher.Example", name="Zoë", role="admin")
    assert users.create(new) == UserCreated(
        id=1,
        email="zoe@xn--bcher-kva.example",
        name="Zoë",
        role="admin",
        status="active",
        has_password=False,
        must_change_password=False,
        created_at=NOW,
        updated_at=NOW,
    )


def test_an_address_belongs_to_one_account_however_it_is_spelt(
    users: UserService, ada: UserCreated
) -> None:
    with pytest.raises(UserExists):
        users.create(UserCreate(email="Ada@EXAMPLE.com"))


def test_ensure_creates_an_account_once_and_then_leaves_it_alone(
    users: UserService,
) -> None:
    first, created = users.ensure(UserCreate(email="ada@example.com", name="Ada"))
    again, created_again = users.ensure(UserCreate(email="ADA@example.com", name="Eve"))
    assert (created, created_again) == (True, False)
    assert again == first


def test_a_generated_password_logs_in(program: Program) -> None:
    created = program.users.create(UserCreate(email="ada@example.com"), generate=True)
    assert created.generated_password is not None
    assert program.log_in("ada@example.com", created.generated_password).user.id == created.id


def test_an_account_without_a_password_says_so_and_cannot_log_in(
    program: Program, sql: Sql
) -> None:
    created = program.users.create(UserCreate(email="ada@example.com"))
    assert not created.has_password
    assert not matches("", stored_hash(sql, created.id))
    with pytest.raises(InvalidCredentials):
        program.log_in("ada@example.com", "")


def test_a_weak_password_is_refused_and_no_account_is_left(users: UserService) -> None:
    with pytest.raises(PasswordRejected):
        users.create(UserCreate(email="ada@example.com", password="password1"))
    with pytest.raises(UserNotFound):
        users.show("ada@example.com")


def test_a_role_that_is_not_configured_is_refused(users: UserService, ada: UserCreated) -> None:
    with pytest.raises(InvalidInput, match="root"):
        users.create(UserCreate(email="bob@example.com", role="root"))
    with pytest.raises(InvalidInput, match="root"):
        users.update("1", UserUpdate(role="root"))


@pytest.mark.parametrize("reference", ["2", "0", "3000000000", "9" * 30, "bob@example.com"])
def test_an_account_that_is_not_there_is_not_found(
    users: UserService, ada: UserCreated, reference: str
) -> None:
    with pytest.raises(UserNotFound):
        users.show(reference)


def test_an_update_changes_what_is_given_and_nothing_else(
    users: UserService, ada: UserCreated, clock: FakeClock
) -> None:
    clock.advance(hours=1)
    updated = users.update(ada.email, UserUpdate(name="Countess"))
    expected = UserRead(**ada.model_dump()).model_copy(
        update={"name": "Countess", "updated_at": clock.now}
    )
    assert updated == users.show("1") == expected


def test_an_update_to_what_is_there_keeps_the_time_of_change_and_the_sessions(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(minutes=1)
    same = UserUpdate(email="ADA@example.com", name="Ada", role="user")
    assert program.users.update("1", same).updated_at == NOW
    program.token_exchange.refresh(grant.tokens.refresh_token)


def test_an_empty_name_takes_the_name_away(users: UserService, ada: UserCreated) -> None:
    assert users.update("1", UserUpdate(name="")).name is None


def test_a_new_name_keeps_the_sessions(program: Program, grant: Grant) -> None:
    program.users.update("1", UserUpdate(name="Countess"))
    program.token_verifier.verify(grant.tokens.access_token)


def test_an_address_cannot_become_that_of_another_account(
    users: UserService, ada: UserCreated
) -> None:
    users.create(UserCreate(email="bob@example.com"))
    with pytest.raises(UserExists, match=r"ada@example\.com"):
        users.update("bob@example.com", UserUpdate(email="ADA@example.com"))


@pytest.mark.parametrize("change", [{"role": "admin"}, {"email": "countess@example.com"}])
def test_a_new_role_or_address_ends_the_sessions(
    program: Program, grant: Grant, change: dict[str, str]
) -> None:
    program.users.update("1", UserUpdate(**change))
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(grant.tokens.refresh_token)


def test_a_new_password_takes_the_place_of_the_old_one_and_ends_the_sessions(
    program: Program, grant: Grant
) -> None:
    program.user_passwords.set_password("1", OTHER)
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(grant.tokens.refresh_token)
    with pytest.raises(InvalidCredentials):
        program.log_in("ada@example.com")
    program.log_in("ada@example.com", OTHER)


def test_a_password_can_be_taken_away(program: Program, ada: UserCreated) -> None:
    assert not program.user_passwords.set_password("1", None).has_password
    with pytest.raises(InvalidCredentials):
        program.log_in(ada.email)


def test_a_refused_password_leaves_the_old_one(program: Program, ada: UserCreated) -> None:
    with pytest.raises(PasswordRejected):
        program.user_passwords.set_password("1", ada.email)
    program.log_in(ada.email)


def test_a_password_set_while_disabled_waits_until_the_account_is_enabled(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    program.user_status.disable("1")
    program.user_passwords.set_password("1", OTHER)
    assert not matches(OTHER, stored_hash(sql, 1))
    with pytest.raises(InvalidCredentials):
        program.log_in(ada.email, OTHER)
    program.user_status.enable("1")
    program.log_in(ada.email, OTHER)


def test_a_disabled_account_is_refused_by_a_program_that_reads_only_its_hash(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    disabled = program.user_status.disable("1")
    assert (disabled.status, disabled.has_password) == ("disabled", True)
    assert stored_hash(sql, 1).startswith("$2b$")
    assert not matches(PASSWORD, stored_hash(sql, 1))


def test_enabling_an_account_brings_its_hash_back(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    before = stored_hash(sql, 1)
    program.user_status.disable("1")
    assert program.user_status.enable("1").status == "active"
    assert stored_hash(sql, 1) == before


def test_disabling_an_account_ends_its_sessions(program: Program, grant: Grant) -> None:
    program.user_status.disable("1")
    program.user_status.enable("1")
    with pytest.raises(TokenRevoked):
        program.token_exchange.refresh(grant.tokens.refresh_token)


@pytest.fixture
def changed_elsewhere(program: Program, ada: UserCreated, sql: Sql) -> Program:
    """A disabled account, to which another program that knows nothing of that gave a password."""
    program.user_status.disable("1")
    hashed = bcrypt.hashpw(OTHER.encode(), bcrypt.gensalt(4)).decode()
    sql("UPDATE users SET hashed_password = :hashed WHERE id = 1", hashed=hashed)
    return program


def test_enabling_keeps_a_password_that_another_program_set_meanwhile(
    changed_elsewhere: Program, program: Program
) -> None:
    changed_elsewhere.user_status.enable("1")
    program.log_in("ada@example.com", OTHER)


def test_disabling_again_puts_a_password_aside_that_another_program_set(
    changed_elsewhere: Program, sql: Sql
) -> None:
    changed_elsewhere.user_status.disable("1")
    assert not matches(OTHER, stored_hash(sql, 1))


def test_of_the_passwords_set_while_disabled_the_last_one_counts(
    changed_elsewhere: Program, program: Program
) -> None:
    changed_elsewhere.user_passwords.set_password("1", "yet another pony 99")
    changed_elsewhere.user_status.enable("1")
    program.log_in("ada@example.com", "yet another pony 99")


def test_disabling_and_enabling_twice_is_the_same_as_once(
    program: Program, ada: UserCreated, sql: Sql, clock: FakeClock
) -> None:
    before = stored_hash(sql, 1)
    disabled = program.user_status.disable("1")
    clock.advance(hours=1)
    assert program.user_status.disable("1") == disabled
    enabled = program.user_status.enable("1")
    clock.advance(hours=1)
    assert program.user_status.enable("1") == enabled
    assert stored_hash(sql, 1) == before


def test_an_account_without_a_password_has_none_after_disabling_and_enabling(
    program: Program,
    users: UserService,
) -> None:
    users.create(UserCreate(email="ada@example.com"))
    assert not program.user_status.disable("1").has_password
    assert not program.user_status.enable("1").has_password


def test_the_last_active_admin_cannot_be_disabled_or_demoted(
    program: Program,
    users: UserService,
) -> None:
    users.create(UserCreate(email="root@example.com", role="admin"))
    users.create(UserCreate(email="off@example.com", role="admin"))
    program.user_status.disable("off@example.com")
    with pytest.raises(LastAdmin):
        program.user_status.disable("root@example.com")
    with pytest.raises(LastAdmin):
        users.update("root@example.com", UserUpdate(role="user"))
    program.user_status.enable("off@example.com")
    assert program.user_status.disable("root@example.com").status == "disabled"


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\u202eb", "[bold]x[/bold]", "=1+1", "a\nb", ""])
def test_a_hostile_name_that_another_program_stored_can_be_read_and_replaced(
    users: UserService, ada: UserCreated, sql: Sql, name: str
) -> None:
    sql("UPDATE users SET name = :name", name=name)
    assert users.show("1").name == name
    assert users.update("1", UserUpdate(name="Ada")).name == "Ada"


def test_an_account_that_another_program_inserted_can_be_read(users: UserService, sql: Sql) -> None:
    sql("INSERT INTO users (email, hashed_password) VALUES ('bob@example.com', 'md5:abc')")
    found = users.show("bob@example.com")
    assert (found.name, found.role, found.status) == (None, "user", "active")


@pytest.mark.parametrize(
    "change",
    [
        lambda program: program.users.update("ada@example.com", UserUpdate(name="x")),
        lambda program: program.user_passwords.set_password("ada@example.com", None),
        lambda program: program.user_passwords.require_change("ada@example.com"),
        lambda program: program.user_status.disable("ada@example.com"),
        lambda program: program.user_status.enable("ada@example.com"),
    ],
)
def test_a_user_that_does_not_exist_cannot_be_changed(
    program: Program, change: Callable[[Program], object]
) -> None:
    with pytest.raises(UserNotFound, match=r"There is no user 'ada@example.com'"):
        change(program)


def test_an_address_in_use_is_named_with_the_id_of_its_user(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    eve = program.users.create(UserCreate(email="eve@example.com"))
    with pytest.raises(UserExists) as created:
        program.users.create(UserCreate(email="ADA@example.com"))
    with pytest.raises(UserExists) as updated:
        program.users.update(str(eve.id), UserUpdate(email="ada@example.com"))
    for caught in (created, updated):
        assert caught.value.message == "ada@example.com already exists (id 1)."
