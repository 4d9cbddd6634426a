"""Why a user can log in or not, on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import AuthenticationFailed, InvalidInput
from userctl.schemas.credentials import Credentials
from userctl.schemas.diagnosis import UserDiagnosis
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate, UserCreated, UserUpdate

ADA = "ada@example.com"


def fail(program: Program, email: str = ADA, times: int = 1) -> None:
    """Fail to log in."""
    for _ in range(times):
        with pytest.raises(AuthenticationFailed):
            program.log_in(email, "wrong")


def why(program: Program, reference: str = ADA) -> UserDiagnosis:
    """Return the diagnosis of a user."""
    return program.access.explain(reference)


def no_password(program: Program) -> None:
    program.user_passwords.set_password(ADA, None)


def delete(program: Program) -> None:
    program.recycle_bin.delete([ADA])


def purge(program: Program) -> None:
    program.recycle_bin.delete([ADA], hard=True)


AT = "at 2030-01-01T00:00:00Z by ada"
CASES: dict[str, tuple[Callable[[Program], object], str, str | None]] = {
    "active": (lambda _: None, "is active and can log in.", None),
    "must_change_password": (
        lambda program: program.user_passwords.require_change(ADA),
        "has to choose a new password at the next login, on a terminal.",
        f"userctl login {ADA}",
    ),
    "no_password": (
        no_password,
        "has no password, and no other way to log in.",
        f"userctl user passwd {ADA}",
    ),
    "disabled": (
        lambda program: program.user_status.disable(ADA),
        f"was disabled {AT}.",
        f"userctl user enable {ADA}",
    ),
    "deleted": (
        delete,
        f"was deleted {AT}, and can be restored.",
        f"userctl user restore {ADA}",
    ),
    "purged": (purge, f"was permanently deleted {AT}.", f"userctl user create {ADA}"),
}


@pytest.mark.parametrize("verdict", CASES)
def test_the_verdict_is_a_sentence_and_the_command_to_type(
    program: Program, ada: UserCreated, verdict: str
) -> None:
    change, message, advice = CASES[verdict]
    change(program)
    for reference in (ADA, "Ada@Example.com", "1"):
        found = why(program, reference)
        assert (found.verdict, found.message, found.advice) == (verdict, f"{ADA} {message}", advice)
        assert found.email == ADA


def test_a_full_window_is_a_verdict_with_the_time_at_which_it_ends(
    program: Program, ada: UserCreated
) -> None:
    fail(program, times=6)
    found = why(program)
    assert (found.verdict, found.advice) == ("throttled", f"userctl user unlock {ADA}")
    assert found.throttled_until == NOW + timedelta(minutes=15)
    assert "has to wait until 2030-01-01T00:15:00Z" in found.message
    program.user_status.disable(ADA)
    assert (why(program).verdict, why(program).throttled_until) == (
        "disabled",
        found.throttled_until,
    )
    program.user_status.enable(ADA)
    program.throttling.unlock(ADA)
    assert why(program).verdict == "active"


def test_the_latest_logins_have_their_true_causes_and_the_last_one_comes_first(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    fail(program)
    clock.advance(minutes=1)
    program.log_in_with("password", Credentials(identity=ADA, secret=PASSWORD, source="192.0.2.1"))
    clock.advance(minutes=1)
    program.user_status.disable(ADA)
    fail(program)
    found = why(program)
    assert [(a.outcome, a.cause, a.method, a.count) for a in found.logins] == [
        ("failure", "account_disabled", "password", 1),
        ("success", None, "password", 1),
        ("failure", "wrong_password", "password", 1),
    ]
    assert found.logins[1].source == "192.0.2.1"
    assert found.last_login_at == found.logins[1].time == NOW + timedelta(minutes=1)
    assert (found.disabled_by, found.disabled_at) == ("ada", NOW + timedelta(minutes=2))


def test_the_last_login_to_the_system_that_a_user_comes_from_is_told(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    assert why(program).former_login_at is None
    sql("UPDATE users SET former_login_at = '2025-01-02 03:04:05.000000'")
    assert str(why(program).former_login_at) == "2025-01-02 03:04:05+00:00"
    assert why(program).last_login_at is None


def test_sessions_and_api_tokens_in_force_are_part_of_it(
    program: Program, ada: UserCreated
) -> None:
    program.log_in(ADA)
    program.log_in(ADA)
    program.session_end.end([program.session_list.show(why(program).sessions[0].id).id])
    program.api_tokens.issue(ApiTokenCreate(user="1", label="ci", expires_in=None))
    found = why(program)
    assert [session.token for session in found.sessions] == ["2"]
    assert found.api_tokens == 1
    no_password(program)
    assert why(program).message == f"{ADA} has no password, and only API tokens to log in."


def test_a_hash_of_another_program_is_a_verdict(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    sql("UPDATE users SET hashed_password = '$argon2id$v=19$m=1'")
    assert (why(program).verdict, why(program).advice) == (
        "unsupported_hash",
        f"userctl user passwd {ADA}",
    )


@pytest.mark.parametrize(
    "typed",
    ["adda@example.com", "da@example.com", "daa@example.com", "aba@example.com",
     "ada@exmple.com", "ada@example.co", "ada@gmail.com", "ada@exa mple.com",
     "ADA@example,com"],
)  # fmt: skip
def test_addresses_that_may_be_meant_are_named(
    program: Program, ada: UserCreated, typed: str
) -> None:
    program.users.create(UserCreate(email="grace@example.com"))
    found = why(program, typed)
    assert (found.verdict, found.similar, found.advice) == (
        "unknown",
        [ADA],
        f"userctl user why {ADA}",
    )
    assert found.message.endswith(f"Did you mean {ADA}?")


def test_a_former_address_leads_to_the_present_one(program: Program, ada: UserCreated) -> None:
    program.users.update(ADA, UserUpdate(email="lovelace@example.org"))
    found = why(program)
    assert (found.verdict, found.similar) == ("unknown", ["lovelace@example.org"])


def test_an_address_without_a_user_has_failed_logins_too(program: Program) -> None:
    fail(program, "eve@example.com", times=6)
    found = why(program, "eve@example.com")
    assert (found.verdict, found.id, found.failed_logins) == ("unknown", None, 5)
    assert found.throttled_until == NOW + timedelta(minutes=15)
    assert found.logins[0].cause == "throttled"
    assert found.logins[1].cause == "unknown_address"
    assert found.advice == "userctl user create eve@example.com"


def test_an_id_that_was_never_given_is_unknown(program: Program, ada: UserCreated) -> None:
    for reference in ("99", "9" * 30):
        found = why(program, reference)
        assert (found.verdict, found.advice, found.logins) == ("unknown", None, [])
    with pytest.raises(InvalidInput):
        why(program, "nonsense")


def test_what_another_user_with_the_same_address_did_is_left_out(
    program: Program, ada: UserCreated
) -> None:
    program.log_in(ADA)
    purge(program)
    program.users.create(UserCreate(email=ADA, password=PASSWORD))
    assert (why(program).logins, why(program).last_login_at) == ([], None)
