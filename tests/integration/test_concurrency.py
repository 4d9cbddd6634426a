"""What holds when programs work on one database at the same moment: threads, real locks."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.conftest import PASSWORD, Program, Sql, at_once, kinds
from userctl.errors import LastAdmin
from userctl.schemas import (
    PurgeResult,
    RevokeResult,
    TokenQuery,
    UserCreate,
    UserCreated,
    UserRead,
    UserUpdate,
)
from userctl.services.tokens import Grant

THREADS = 6
ROUNDS = 8


def active(program: Program) -> list[int]:
    """Return the ids of the tokens that can still be exchanged."""
    return [token.id for token in program.revocation.page(TokenQuery(state="active")).items]


def refreshing(token: str) -> Callable[[Program], Grant]:
    """Return a call that exchanges a token."""
    return lambda other: other.tokens.refresh(token)


def test_of_many_accounts_with_one_address_exactly_one_is_created(
    database_url: str, program: Program
) -> None:
    def create(other: Program) -> UserCreated:
        return other.accounts.create(UserCreate(email="ada@example.com", password=PASSWORD))

    outcomes = at_once(database_url, *[create] * THREADS)
    assert kinds(outcomes) == ["UserCreated"] + ["UserExists"] * (THREADS - 1)
    assert program.log_in("ada@example.com").user.id > 0


def test_accounts_with_different_addresses_are_all_created(
    database_url: str, program: Program
) -> None:
    def creating(number: int) -> Callable[[Program], UserCreated]:
        return lambda other: other.accounts.create(UserCreate(email=f"u{number}@example.com"))

    outcomes = at_once(database_url, *[creating(number) for number in range(THREADS)])
    assert kinds(outcomes) == ["UserCreated"] * THREADS


def test_of_two_accounts_that_want_one_address_one_gets_it(
    database_url: str, program: Program
) -> None:
    def wanting(reference: str) -> Callable[[Program], UserRead]:
        change = UserUpdate(email="ada@example.com")
        return lambda other: other.accounts.update(reference, change)

    for name in ("bob", "eve"):
        program.accounts.create(UserCreate(email=f"{name}@example.com"))
    outcomes = at_once(database_url, wanting("1"), wanting("2"))
    assert kinds(outcomes) == ["UserExists", "UserRead"]


def test_a_token_exchanged_by_many_at_once_yields_one_grant_and_a_session_that_lives(
    database_url: str, program: Program, grant: Grant
) -> None:
    for _ in range(3):
        outcomes = at_once(database_url, *[refreshing(grant.tokens.refresh_token)] * THREADS)
        assert kinds(outcomes) == ["Grant"] + ["RefreshConflict"] * (THREADS - 1)
        [grant] = [outcome for outcome in outcomes if isinstance(outcome, Grant)]
    program.tokens.verify(grant.tokens.access_token)
    program.tokens.refresh(grant.tokens.refresh_token)


DEMOTE = UserUpdate(role="user")


Act = Callable[[Program, str], UserRead | list[UserRead]]


def acting(act: Act, user: UserRead) -> Callable[[Program], UserRead | list[UserRead]]:
    """Return a call that does something to an account."""
    return lambda other: act(other, str(user.id))


@pytest.mark.parametrize(
    "act",
    [
        lambda program, other: program.accounts.update(other, DEMOTE),
        lambda program, other: program.accounts.disable(other),
        lambda program, other: program.accounts.delete([other]),
    ],
    ids=["demote", "disable", "delete"],
)
def test_of_two_admins_who_remove_each_other_at_once_one_stays(
    database_url: str,
    program: Program,
    sql: Sql,
    act: Act,
) -> None:
    for _ in range(ROUNDS):
        sql("DELETE FROM users")
        one, two = (
            program.accounts.create(UserCreate(email=f"{name}@example.com", role="admin"))
            for name in ("one", "two")
        )
        outcomes = at_once(database_url, acting(act, one), acting(act, two))
        assert sum(isinstance(outcome, LastAdmin) for outcome in outcomes) == 1
        remaining = sql("SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL")
        assert len(remaining) == 1


ENDINGS: dict[str, Callable[[Program], RevokeResult | UserRead | UserCreated]] = {
    "revoke user": lambda program: program.revocation.revoke_user("ada@example.com"),
    "revoke all": lambda program: program.revocation.revoke_all(),
    "revoke token": lambda program: program.revocation.revoke(active(program)),
    "disable": lambda program: program.accounts.disable("ada@example.com"),
    "change role": lambda program: program.accounts.update(
        "ada@example.com", UserUpdate(role="admin")
    ),
    "change password": lambda program: program.accounts.set_password("ada@example.com", None),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_no_token_is_alive_after_sessions_were_ended_while_one_was_exchanged(
    database_url: str,
    program: Program,
    sql: Sql,
    end: Callable[[Program], RevokeResult | UserRead | UserCreated],
) -> None:
    for _ in range(ROUNDS):
        sql("DELETE FROM users")
        program.accounts.create(UserCreate(email="ada@example.com", password=PASSWORD))
        session = program.log_in("ada@example.com").tokens
        outcomes = at_once(database_url, refreshing(session.refresh_token), end)
        assert kinds(outcomes[1:])[0] in {"RevokeResult", "UserRead", "UserCreated"}
        assert active(program) == []


def test_accounts_deleted_by_two_at_once_in_opposite_order_are_deleted(
    database_url: str, program: Program
) -> None:
    for _ in range(ROUNDS):
        for name in "ab":
            program.accounts.create(UserCreate(email=f"{name}@example.com"))

        def deleting(*names: str) -> Callable[[Program], list[UserRead]]:
            addresses = [f"{name}@example.com" for name in names]
            return lambda other: other.accounts.delete(addresses, missing_ok=True)

        outcomes = at_once(database_url, deleting("a", "b"), deleting("b", "a"))
        assert kinds(outcomes) == ["list", "list"]


def test_an_account_that_two_delete_at_once_is_deleted_by_one_of_them(
    database_url: str, program: Program
) -> None:
    for _ in range(ROUNDS):
        program.accounts.create(UserCreate(email="ada@example.com"))
        outcomes = at_once(
            database_url, *[lambda other: other.accounts.delete(["ada@example.com"])] * 2
        )
        assert kinds(outcomes) == ["UserNotFound", "list"]


def test_batches_purged_by_several_at_once_are_counted_once(
    database_url: str, program: Program, ada: UserCreated, sql: Sql
) -> None:
    for number in range(60):
        sql(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES (:token, 1, '2029-01-01 00:00:00')",
            token=str(number),
        )

    def purge(other: Program) -> PurgeResult:
        return other.purge.purge(timedelta(), batch_size=7)

    outcomes = at_once(database_url, *[purge] * 3)
    assert sum(o.deleted for o in outcomes if isinstance(o, PurgeResult)) == 60
