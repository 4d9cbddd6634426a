"""What holds when programs work on one database at the same moment: threads, real locks."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import Engine, event

from tests.integration.conftest import (
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    open_engine,
    outcome_of,
    run_at_once,
    sql_on,
    type_names,
    with_options,
)
from tests.support.marks import repeat
from userctl.core.errors import AccountDisabled, LastAdmin, TokenRevoked, UserNotFound
from userctl.schemas.database import RevokeResult
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.users import UserCreate, UserCreated, UserRead, UserUpdate
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.security.passwords import PasswordHasher

THREADS = 6
WAITING = (
    "SELECT pid FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def postgres_program(postgres_engine: Engine) -> Program:
    return Program(postgres_engine, FakeClock())


def active(program: Program) -> list[str]:
    """Return the ids of the tokens that can still be exchanged."""
    return [token.id for token in program.token_list.page(TokenQuery(state="active")).items]


def refreshing(token: str) -> Callable[[Program], Grant]:
    """Return a call that exchanges a token."""
    return lambda other: other.token_exchange.refresh(token)


def overlapping(
    url: str, first: Callable[[Program], object], second: Callable[[Program], object]
) -> list[object]:
    """Begin the second call when the first, on PostgreSQL, is about to commit.

    The first commits once the second waits for it, or has not waited and is done.
    """
    about_to_commit, may_commit = Event(), Event()

    def run_first() -> object:
        with open_engine(url) as engine:

            @event.listens_for(engine, "commit")
            def pause(_connection: object) -> None:
                about_to_commit.set()
                assert may_commit.wait(timeout=30)

            return outcome_of(first, engine)

    def run_second() -> object:
        with open_engine(url) as engine:
            return outcome_of(second, engine)

    with ThreadPoolExecutor(2) as pool, open_engine(url) as watching:
        outcomes: list[Future[object]] = [pool.submit(run_first)]
        try:
            assert about_to_commit.wait(timeout=30)
            outcomes.append(pool.submit(run_second))
            while not outcomes[1].done() and not sql_on(watching)(WAITING):
                pass
        finally:
            may_commit.set()
        return [outcome.result(timeout=30) for outcome in outcomes]


def test_of_many_accounts_with_one_address_exactly_one_is_created(
    database_url: str, program: Program
) -> None:
    def create(other: Program) -> UserCreated:
        return other.users.create(UserCreate(email="ada@example.com", password=PASSWORD))

    outcomes = run_at_once(database_url, *[create] * THREADS)
    assert type_names(outcomes) == ["UserCreated"] + ["UserExists"] * (THREADS - 1)
    assert program.log_in("ada@example.com").user.id > 0


def test_accounts_with_different_addresses_are_all_created(
    database_url: str, program: Program
) -> None:
    def creating(number: int) -> Callable[[Program], UserCreated]:
        return lambda other: other.users.create(UserCreate(email=f"u{number}@example.com"))

    outcomes = run_at_once(database_url, *[creating(number) for number in range(THREADS)])
    assert type_names(outcomes) == ["UserCreated"] * THREADS


def test_of_two_accounts_that_want_one_address_one_gets_it(
    database_url: str, program: Program
) -> None:
    def wanting(reference: str) -> Callable[[Program], UserRead]:
        change = UserUpdate(email="ada@example.com")
        return lambda other: other.users.update(reference, change)

    for name in ("bob", "eve"):
        program.users.create(UserCreate(email=f"{name}@example.com"))
    outcomes = run_at_once(database_url, wanting("1"), wanting("2"))
    assert type_names(outcomes) == ["UserExists", "UserRead"]


def test_a_token_exchanged_by_many_at_once_yields_one_grant_and_a_session_that_lives(
    database_url: str, program: Program, grant: Grant
) -> None:
    for _ in range(3):
        outcomes = run_at_once(database_url, *[refreshing(grant.tokens.refresh_token)] * THREADS)
        assert type_names(outcomes) == ["Grant"] + ["RefreshConflict"] * (THREADS - 1)
        [grant] = [outcome for outcome in outcomes if isinstance(outcome, Grant)]
    program.token_verifier.verify(grant.tokens.access_token)
    program.token_exchange.refresh(grant.tokens.refresh_token)


DEMOTE = UserUpdate(role="user")
Removal = Callable[[Program, str], UserRead | list[UserRead]]
REMOVALS: dict[str, Removal] = {
    "demote": lambda program, other: program.users.update(other, DEMOTE),
    "disable": lambda program, other: program.user_status.disable(other),
    "delete": lambda program, other: program.recycle_bin.delete([other]),
}


def removing(act: Removal, user: UserRead) -> Callable[[Program], UserRead | list[UserRead]]:
    """Return a call that takes an admin away."""
    return lambda other: act(other, str(user.id))


def two_admins(program: Program) -> list[UserRead]:
    """Create two admins."""
    return [
        program.users.create(UserCreate(email=f"{name}@example.com", role="admin"))
        for name in ("one", "two")
    ]


@pytest.mark.parametrize("act", REMOVALS.values(), ids=REMOVALS.keys())
@repeat("rounds", few=2, soak=8)
def test_of_two_admins_who_remove_each_other_at_once_one_stays(
    database_url: str,
    program: Program,
    sql: Sql,
    act: Removal,
    rounds: int,
) -> None:
    for _ in range(rounds):
        sql("DELETE FROM users")
        one, two = two_admins(program)
        outcomes = run_at_once(database_url, removing(act, one), removing(act, two))
        assert sum(isinstance(outcome, LastAdmin) for outcome in outcomes) == 1
        remaining = sql("SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL")
        assert len(remaining) == 1


@pytest.mark.parametrize("act", REMOVALS.values(), ids=REMOVALS.keys())
def test_an_admin_who_waits_for_another_to_be_removed_stays(
    postgres_url: str, postgres_program: Program, act: Removal
) -> None:
    one, two = two_admins(postgres_program)
    outcomes = overlapping(postgres_url, removing(act, one), removing(act, two))
    assert isinstance(outcomes[1], LastAdmin)


Ending = Callable[[Program], RevokeResult | UserRead | UserCreated]
ENDINGS: dict[str, Ending] = {
    "revoke user": lambda program: program.revocation.revoke_matching(
        TokenQuery(user="ada@example.com")
    ),
    "revoke all": lambda program: program.revocation.revoke_matching(TokenQuery()),
    "revoke token": lambda program: program.revocation.revoke(active(program)),
    "disable": lambda program: program.user_status.disable("ada@example.com"),
    "change role": lambda program: program.users.update(
        "ada@example.com", UserUpdate(role="admin")
    ),
    "change password": lambda program: program.user_passwords.set_password("ada@example.com", None),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
@repeat("rounds", few=2, soak=8)
def test_no_token_is_alive_after_sessions_were_ended_while_one_was_exchanged(
    database_url: str,
    program: Program,
    sql: Sql,
    end: Ending,
    rounds: int,
) -> None:
    for _ in range(rounds):
        sql("DELETE FROM users")
        program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
        session = program.log_in("ada@example.com").tokens
        outcomes = run_at_once(database_url, refreshing(session.refresh_token), end)
        assert type_names(outcomes[1:])[0] in {"RevokeResult", "UserRead", "UserCreated"}
        assert active(program) == []


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_token_that_is_being_handed_out_ends_with_the_sessions_too(
    postgres_url: str, postgres_program: Program, end: Ending
) -> None:
    postgres_program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    session = postgres_program.log_in("ada@example.com").tokens
    outcomes = overlapping(postgres_url, refreshing(session.refresh_token), end)
    assert isinstance(outcomes[0], Grant)
    assert isinstance(outcomes[1], (RevokeResult, UserRead))
    assert active(postgres_program) == []


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_token_is_not_exchanged_once_sessions_are_being_ended(
    postgres_url: str, postgres_program: Program, end: Ending
) -> None:
    postgres_program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    session = postgres_program.log_in("ada@example.com").tokens
    outcomes = overlapping(postgres_url, end, refreshing(session.refresh_token))
    # The user is locked, and so known as they are now.
    assert isinstance(outcomes[1], (TokenRevoked, AccountDisabled))
    assert active(postgres_program) == []


@repeat("rounds", few=2, soak=8)
def test_accounts_deleted_by_two_at_once_in_opposite_order_are_deleted(
    database_url: str, program: Program, rounds: int
) -> None:
    for _ in range(rounds):
        for name in "ab":
            program.users.create(UserCreate(email=f"{name}@example.com"))

        def deleting(*names: str) -> Callable[[Program], list[UserRead]]:
            addresses = [f"{name}@example.com" for name in names]
            return lambda other: other.recycle_bin.delete(addresses, missing_ok=True)

        outcomes = run_at_once(database_url, deleting("a", "b"), deleting("b", "a"))
        assert type_names(outcomes) == ["list", "list"]


@repeat("rounds", few=2, soak=8)
def test_an_account_that_two_delete_at_once_is_deleted_by_one_of_them(
    database_url: str, program: Program, rounds: int
) -> None:
    for _ in range(rounds):
        program.users.create(UserCreate(email="ada@example.com"))
        outcomes = run_at_once(database_url, delete_ada, delete_ada)
        assert type_names(outcomes) == ["UserNotFound", "list"]


def test_an_account_that_another_is_deleting_is_not_deleted_again(
    postgres_url: str, postgres_program: Program
) -> None:
    postgres_program.users.create(UserCreate(email="ada@example.com"))
    outcomes = overlapping(postgres_url, delete_ada, delete_ada)
    assert [type(outcome) for outcome in outcomes] == [list, UserNotFound]


def delete_ada(program: Program) -> list[UserRead]:
    """Delete an account."""
    return program.recycle_bin.delete(["ada@example.com"])


def test_whoever_asks_about_an_exchange_waits_until_it_is_decided(
    postgres_url: str, postgres_program: Program
) -> None:
    postgres_program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    token = postgres_program.log_in("ada@example.com").tokens.refresh_token
    successor = REFRESH_TOKEN.generate()
    outcomes = overlapping(
        postgres_url,
        lambda program: program.token_exchange.refresh(token, successor=successor),
        lambda program: program.token_exchange.was_exchanged(token, successor),
    )
    assert outcomes[1] is True


@pytest.mark.parametrize("isolation", ["serializable", "repeatable\\ read"])
def test_locks_hold_whatever_isolation_the_server_has_by_default(
    postgres_url: str, postgres_program: Program, isolation: str
) -> None:
    postgres_program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))
    token = postgres_program.log_in("ada@example.com").tokens.refresh_token
    successor = REFRESH_TOKEN.generate()
    outcomes = overlapping(
        with_options(postgres_url, default_transaction_isolation=isolation),
        lambda program: program.token_exchange.refresh(token, successor=successor),
        lambda program: program.token_exchange.was_exchanged(token, successor),
    )
    assert outcomes[1] is True


@pytest.mark.parametrize("by_text", [True, False])
def test_revoking_a_foreign_token_ends_the_session_that_it_is_just_beginning(
    postgres_url: str, postgres_program: Program, by_text: bool
) -> None:
    postgres_program.users.create(UserCreate(email="ada@example.com"))
    text = REFRESH_TOKEN.generate()
    with open_engine(postgres_url) as engine:
        sql_on(engine)(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES (:digest, 1, '2030-01-02 00:00:00')",
            digest=REFRESH_TOKEN.digest(text),
        )
    outcomes = overlapping(
        postgres_url,
        refreshing(text),
        lambda program: (
            program.revocation.revoke_text(text) if by_text else program.revocation.revoke(["1"])
        ),
    )
    grant, revoked = outcomes
    assert isinstance(grant, Grant)
    assert isinstance(revoked, RevokeResult)
    assert revoked.revoked_sessions == 1
    with pytest.raises(TokenRevoked):
        postgres_program.token_exchange.refresh(grant.tokens.refresh_token)


def test_right_passwords_at_once_all_log_in_while_their_hash_gets_a_higher_cost(
    database_url: str, program: Program
) -> None:
    program.users.create(UserCreate(email="ada@example.com", password=PASSWORD))

    def log_in(other: Program) -> Grant:
        other.tools = replace(other.tools, hasher=PasswordHasher(cost=7))
        return other.log_in("ada@example.com")

    assert type_names(run_at_once(database_url, *[log_in] * 4)) == ["Grant"] * 4
