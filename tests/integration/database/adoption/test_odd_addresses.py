"""Addresses that are not valid: they are refused, kept as they are, or left to the application."""

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from tests.integration.database.adoption.conftest import step_subjects
from tests.support.applications import HASH, Application
from userctl.core.errors import (
    AdoptionRefused,
    InvalidCredentials,
    InvalidInput,
    LoginThrottled,
    TokenInvalid,
)
from userctl.schemas.adoption import AdoptionChoices
from userctl.schemas.credentials import Credentials
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserQuery, UserUpdate
from userctl.services.database.adoption import AdoptionService

ODD = ["admin@localhost", "a..b@example.com", "No Reply <noreply@example.com>", "o'hara", "@", ""]
KEEP = AdoptionChoices(keep_odd_addresses=True)
LEAVE_OUT = AdoptionChoices(leave_out=True)


@pytest.fixture
def odd(loose: Application, run: Sql) -> list[int]:
    """Return the ids of users whose addresses are not valid, in the order of ``ODD``."""
    for address in ODD:
        run("INSERT INTO users (email, hashed_password) VALUES (:a, :h)", a=address, h=HASH)
    return [4 + place for place, _ in enumerate(ODD)]


@pytest.fixture
def kept(
    odd: list[int], bare_engine: Engine, adoption: AdoptionService, clock: FakeClock
) -> Program:
    adoption.adopt(KEEP)
    return Program(bare_engine, clock)


@pytest.fixture
def left_out(
    odd: list[int], bare_engine: Engine, adoption: AdoptionService, clock: FakeClock
) -> Program:
    adoption.adopt(LEAVE_OUT)
    return Program(bare_engine, clock)


def test_the_plan_names_the_options(odd: list[int], adoption: AdoptionService) -> None:
    problems = [step for step in adoption.plan() if step.kind == "problem"]
    assert [step.ids for step in problems] == [[number] for number in odd]
    assert all("--keep-odd-addresses or --leave-out" in step.detail for step in problems)
    with pytest.raises(AdoptionRefused, match="--keep-odd-addresses"):
        adoption.adopt()


@pytest.mark.parametrize("choices", [KEEP, LEAVE_OUT], ids=["kept", "left out"])
def test_either_adopts_as_its_plan_says_and_changes_no_odd_address(
    odd: list[int], adoption: AdoptionService, run: Sql, choices: AdoptionChoices
) -> None:
    plan = adoption.plan(choices)
    assert step_subjects(plan, "problem") == []
    assert adoption.adopt(choices) == plan
    assert run("SELECT email FROM users WHERE id > 3 ORDER BY id") == [(a,) for a in ODD]
    assert run("SELECT email FROM users WHERE id = 1") == [("ada@example.com",)]
    assert not step_subjects(adoption.plan(choices), "step")


def test_kept_users_log_in_and_are_shown(kept: Program, odd: list[int]) -> None:
    for number, address in zip(odd, ODD, strict=True):
        assert kept.users.show(str(number)).email == address
        if address:
            assert kept.log_in(address).user.id == number
            assert kept.users.show(address).id == number
    assert [user.email for user in kept.user_list.page(UserQuery()).items][3:] == ODD
    [rows] = list(kept.user_export.chunks(with_hashes=False))
    assert [row[1] for row in rows][3:] == ODD


def test_a_blank_address_is_no_login(kept: Program) -> None:
    with pytest.raises(InvalidCredentials):
        kept.log_in("")


@pytest.mark.parametrize("reference", ["", "two\nlines", "x" * 400])
def test_what_cannot_be_an_address_does_not_refer_to_the_user_with_a_blank_one(
    kept: Program, reference: str
) -> None:
    with pytest.raises(InvalidInput):
        kept.recycle_bin.delete([reference])


def test_a_kept_address_can_be_corrected(kept: Program) -> None:
    assert kept.users.update(ODD[0], UserUpdate(email="admin@example.com")).id == 4
    kept.log_in("admin@example.com")
    with pytest.raises(InvalidCredentials):
        kept.log_in(ODD[0])


def test_kept_users_are_worked_with_by_their_address(kept: Program) -> None:
    kept.user_status.disable(ODD[1])
    kept.user_status.enable(ODD[1])
    kept.user_passwords.set_password(ODD[1], "another horse 78")
    kept.log_in(ODD[1], "another horse 78")
    kept.recycle_bin.delete([ODD[1]])
    assert kept.recycle_bin.restore(ODD[1]).email == ODD[1]
    issued = kept.api_tokens.issue(ApiTokenCreate(user=ODD[0], label="ci", expires_in=None))
    for identity in (ODD[0], None):
        credentials = Credentials(identity=identity, secret=issued.token)
        assert kept.log_in_with("api-token", credentials).user.id == 4
    with pytest.raises(TokenInvalid):
        kept.log_in_with("api-token", Credentials(identity=ODD[1], secret=issued.token))


def test_guesses_at_one_odd_address_throttle_no_other(kept: Program) -> None:
    for _ in range(50):
        try:
            kept.log_in(ODD[0], "wrong")
        except InvalidCredentials:
            continue
        except LoginThrottled:
            break
    else:
        pytest.fail("The guesses were not throttled.")
    assert kept.log_in(ODD[1]).user.id == 5
    assert kept.throttling.show(ODD[0]).throttled_until is not None
    assert kept.throttling.show(ODD[1]).throttled_until is None


def test_left_out_users_go_on_in_the_application_alone(
    left_out: Program, odd: list[int], run: Sql, adoption: AdoptionService
) -> None:
    assert run("SELECT DISTINCT hashed_password FROM users WHERE id > 3") == [(HASH,)]
    for number, address in zip(odd, ODD, strict=True):
        assert left_out.users.show(str(number)).status == "disabled"
        with pytest.raises(InvalidCredentials):
            left_out.log_in(address, PASSWORD)
    assert left_out.users.show("1").status == "active"
    # They stay left out, also where that is not said again.
    assert step_subjects(adoption.plan(), "problem") == []


def test_a_left_out_user_is_taken_in_once_the_address_is_corrected(left_out: Program) -> None:
    left_out.users.update("4", UserUpdate(email="admin@example.com"))
    left_out.user_status.enable("4")
    assert left_out.log_in("admin@example.com").user.id == 4
