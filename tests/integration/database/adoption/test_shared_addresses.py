"""Users without an address, and several with the same: kept where possible, or left out."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.integration.conftest import FakeClock, Program, Sql
from tests.integration.database.adoption.conftest import step_subjects
from tests.support.applications import HASH, Application
from userctl.core.errors import AdoptionRefused, InvalidCredentials, InvalidInput, UserExists
from userctl.schemas.adoption import AdoptionChoices
from userctl.schemas.batches import BatchOptions, UserChoice, UserReference
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserQuery, UserUpdate
from userctl.services.database.adoption import AdoptionService

KEEP = AdoptionChoices(keep_odd_addresses=True)
LEAVE_OUT = AdoptionChoices(leave_out=True)
BOTH = AdoptionChoices(keep_odd_addresses=True, leave_out=True)

ADDRESSES = [
    "admin@localhost", "two\nlines@x.org", "", "", "eve@x.org", "eve@x.org", "Bob@example.com",
    None, None,
]  # fmt: skip
"""Those of users 4 to 12; user 2 is bob@example.com, and user 3 eve@example.com."""


@pytest.fixture
def shared(loose: Application, run: Sql) -> None:
    """Add users whose addresses are odd, missing, or the same."""
    run("DROP INDEX ix_users_email")
    for address in ADDRESSES:
        run("INSERT INTO users (email, hashed_password) VALUES (:a, :h)", a=address, h=HASH)


@pytest.fixture
def program(
    shared: None, bare_engine: Engine, adoption: AdoptionService, clock: FakeClock
) -> Program:
    """The services on tables whose users were kept where possible, and left out otherwise."""
    adoption.adopt(BOTH)
    return Program(bare_engine, clock)


def test_the_plan_says_who_has_to_be_left_out(shared: None, adoption: AdoptionService) -> None:
    plain = [step for step in adoption.plan() if step.kind == "problem"]
    assert [step.ids for step in plain] == [[4], [5], [11, 12], [2, 10], [6, 7], [8, 9]]
    either = "or pass --keep-odd-addresses or --leave-out"
    assert [either in step.detail for step in plain] == [True, False, True, False, False, False]
    kept = [step for step in adoption.plan(KEEP) if step.kind == "problem"]
    assert [step.ids for step in kept] == [[5], [2, 10], [6, 7], [8, 9]]
    assert all("or pass --leave-out" in step.detail for step in kept)
    [warning] = [step for step in adoption.plan(KEEP) if "stay as they are" in step.detail]
    assert warning.ids == [4, 11, 12]
    with pytest.raises(AdoptionRefused, match="--leave-out"):
        adoption.adopt(KEEP)


@pytest.mark.parametrize(
    ("choices", "left"),
    [(LEAVE_OUT, [2, 4, 5, 6, 7, 8, 9, 10, 11, 12]), (BOTH, [2, 5, 6, 7, 8, 9, 10])],
    ids=["left out", "kept where possible"],
)
def test_leaving_out_always_adopts_and_changes_nothing_else_of_those_users(
    shared: None,
    adoption: AdoptionService,
    run: Sql,
    choices: AdoptionChoices,
    left: list[int],
) -> None:
    theirs = "SELECT id, name, email, hashed_password FROM users WHERE id NOT IN (1, 3) ORDER BY id"
    before = run(theirs)
    plan = adoption.plan(choices)
    assert step_subjects(plan, "problem") == []
    assert adoption.adopt(choices) == plan
    disabled = "SELECT id FROM users WHERE disabled_at IS NOT NULL ORDER BY id"
    assert run(disabled) == [(number,) for number in left]
    assert run(theirs) == before
    assert not step_subjects(adoption.plan(choices), "step")
    assert not step_subjects(adoption.plan(choices), "problem")


def test_users_without_an_address_or_with_the_same_are_listed_in_every_order(
    program: Program,
) -> None:
    for descending in (False, True):
        query = UserQuery(sort="email", descending=descending, limit=2)
        paged: list[int] = []
        more = True
        while more:
            page = program.user_list.page(query)
            paged += [user.id for user in page.items]
            query, more = query.model_copy(update={"after": page.after}), page.more
        everyone = query.model_copy(update={"limit": None, "after": None})
        assert paged == [user.id for user in program.user_list.stream(everyone)]
        assert sorted(paged) == [*range(1, 13)]
    assert program.users.show("12").email == ""
    [rows] = list(program.user_export.chunks(with_hashes=True))
    assert [row[1] for row in rows][9:] == ["Bob@example.com", "", ""]
    beginning = UserQuery(sort="email", beginning="eve", limit=None)
    found = [user.id for user in program.user_list.page(beginning).items]
    assert sorted(found) == [3, 8, 9]


def test_a_user_without_an_address_can_be_given_one_deleted_and_restored(
    program: Program,
) -> None:
    with pytest.raises(InvalidCredentials):
        program.log_in("")
    assert program.users.update("11", UserUpdate(email="new@example.com")).id == 11
    assert program.log_in("new@example.com").user.id == 11
    assert program.recycle_bin.delete(["12"])[0].email == ""
    assert program.recycle_bin.restore("12", email="other@example.com").id == 12
    assert program.log_in("other@example.com").user.id == 12


def test_a_shared_address_names_no_user_until_one_of_them_is_taken_in(program: Program) -> None:
    with pytest.raises(InvalidInput, match="Several users have the address") as caught:
        program.recycle_bin.delete(["Eve@X.org"])
    assert "8, 9" in str(caught.value.hint)
    with pytest.raises(InvalidCredentials):
        program.log_in("eve@x.org")
    program.user_status.enable("9")
    assert program.log_in("eve@x.org").user.id == 9
    assert program.users.show("eve@x.org").id == 9
    with pytest.raises(UserExists, match="id 9"):
        program.user_status.enable("8")


def test_a_shared_address_does_not_keep_the_others_of_a_list_from_being_changed(
    program: Program,
) -> None:
    program.users.create(UserCreate(email="root@example.com", role="admin", password="horse 77 x"))
    choice = UserChoice([UserReference("eve@x.org"), UserReference("3"), UserReference("77")])
    change, apply = program.recycle_bin.delete_change(hard=False), program.user_batches.apply
    for options in (BatchOptions(), BatchOptions(missing_ok=True)):
        with pytest.raises(InvalidInput, match="Several users have the address"):
            apply(choice, change, options)
    outcomes = apply(choice, change, BatchOptions(missing_ok=True, keep_going=True))
    assert [each.outcome for each in outcomes] == ["failed", "changed", "missing"]
    assert "Use an id instead: 8, 9" in str(outcomes[0].message)


def test_a_shared_address_is_in_use_for_everyone_else(program: Program) -> None:
    with pytest.raises(UserExists):
        program.users.create(UserCreate(email="eve@x.org"))
    with pytest.raises(UserExists):
        program.users.update("1", UserUpdate(email="eve@x.org"))
    program.recycle_bin.delete(["3"])
    with pytest.raises(UserExists):
        program.recycle_bin.restore("3", email="eve@x.org")
    lines = enumerate(("eve@x.org", "new@x.org"), 1)
    records = [FileRecord(number, ("email",), (address,)) for number, address in lines]
    report = program.user_import.load(records, on_conflict="skip")
    assert (report.result.created, report.result.skipped) == (1, 1)


def test_the_database_guards_the_address_of_everyone_who_was_not_left_out(
    program: Program, run: Sql, adoption: AdoptionService
) -> None:
    with pytest.raises(IntegrityError):
        run("INSERT INTO users (email) VALUES ('ada@example.com')")
    run("INSERT INTO users (email) VALUES (NULL), ('eve@x.org')")
    # That user is the only one who has it by right.
    assert step_subjects(adoption.plan(KEEP), "problem") == []
    assert program.users.show("eve@x.org").email == "eve@x.org"


def test_once_no_two_have_the_same_address_all_are_made_unique(
    program: Program, adoption: AdoptionService, run: Sql
) -> None:
    run("UPDATE users SET email = 'b' || id || '@x.org' WHERE id IN (7, 9, 10)")
    assert len(step_subjects(adoption.adopt(BOTH), "step")) == 2
    assert not step_subjects(adoption.plan(BOTH), "step")
    with pytest.raises(IntegrityError):
        run("INSERT INTO users (email, disabled_at) VALUES ('eve@x.org', '2030-01-01')")
