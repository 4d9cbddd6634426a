"""Users are as they are declared after each apply, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import (
    DeclarationIncomplete,
    DeclarationInvalid,
    LastAdmin,
    PlanStale,
    SetConflict,
    TooManyRemovals,
)
from userctl.schemas.apply import ApplyOptions, ApplyResult, Plan, RemovalLimit
from userctl.schemas.declaration import DeclaredUser
from userctl.schemas.users import UserCreate, UserQuery, UserRead, UserUpdate

TEAM = ApplyOptions("team")
PRUNE = ApplyOptions("team", prune="disable")
BCRYPT = "$2b$04$zVHmKQtGGQob.b/Nc7l9NO8UlrYcW05FiuCj/SxsFO/ZtiN9.mNzy"


def declared(*users: dict[str, Any]) -> list[DeclaredUser]:
    return [DeclaredUser(**user) for user in users]


def apply(program: Program, *users: dict[str, Any], options: ApplyOptions = TEAM) -> ApplyResult:
    """Apply users, and make sure that nothing is left to do."""
    applied = program.apply.apply(declared(*users), options)
    again, refusal = program.apply.plan(declared(*users), options)
    assert (again.changes, refusal) == ([], None)
    return applied


def plan(program: Program, *users: dict[str, Any], options: ApplyOptions = TEAM) -> Plan:
    found, refusal = program.apply.plan(declared(*users), options)
    assert refusal is None
    return found


def user(program: Program, reference: str) -> UserRead:
    return program.users.show(reference)


def actions(planned: Plan) -> Sequence[tuple[str, str]]:
    return [(change.action, change.email) for change in planned.changes]


def fields(planned: Plan) -> list[tuple[str, Any, Any]]:
    [change] = planned.changes
    return [(field.field, field.old, field.new) for field in change.fields]


def test_users_are_created_and_belong_to_the_set(program: Program) -> None:
    applied = apply(
        program,
        {"email": "ada@example.com", "name": "Ada", "role": "admin", "generate": True},
        {"email": "eve@example.com", "status": "disabled"},
    )
    assert actions(applied) == [("create", "ada@example.com"), ("create", "eve@example.com")]
    ada, eve = user(program, "ada@example.com"), user(program, "eve@example.com")
    assert (ada.name, ada.role, ada.status, ada.managed_by) == ("Ada", "admin", "active", "team")
    assert (eve.name, eve.role, eve.status, eve.managed_by) == (None, "user", "disabled", "team")
    assert (ada.password_version, ada.has_password) == (1, True)
    assert (eve.password_version, eve.has_password) == (None, False)
    [password] = applied.generated_passwords
    assert password.email == "ada@example.com"
    assert program.log_in("ada@example.com", password.password)


def test_a_field_that_is_not_declared_is_neither_compared_nor_written(program: Program) -> None:
    apply(program, {"email": "ada@example.com", "name": "Ada"})
    program.users.update("ada@example.com", UserUpdate(role="admin"))
    assert plan(program, {"email": "ada@example.com", "name": "Ada"}).changes == []
    applied = apply(program, {"email": "ada@example.com", "name": "Countess"})
    assert fields(applied) == [("name", "Ada", "Countess")]
    assert user(program, "ada@example.com").role == "admin"


def test_a_name_that_is_null_is_removed(program: Program) -> None:
    apply(program, {"email": "ada@example.com", "name": "Ada"})
    assert fields(apply(program, {"email": "ada@example.com", "name": None})) == [
        ("name", "Ada", None)
    ]
    assert user(program, "ada@example.com").name is None


def test_a_change_of_role_or_status_ends_sessions_and_is_recorded(
    program: Program, sql: Sql
) -> None:
    apply(program, {"email": "ada@example.com", "password_hash": BCRYPT})
    program.user_passwords.set_password("ada@example.com", PASSWORD)
    program.log_in("ada@example.com")
    before = program.audit.head().id
    apply(program, {"email": "ada@example.com", "role": "admin"})
    assert sql("SELECT count(*) FROM refresh_tokens WHERE revoked = :no", no=False) == [(0,)]
    events = sql("SELECT tag FROM audit_events WHERE id > :last ORDER BY id", last=before)
    assert events == [("account:update",), ("account:apply",)]


def test_the_trail_records_the_set_and_the_digest_of_the_plan(program: Program, sql: Sql) -> None:
    applied = apply(program, {"email": "ada@example.com"})
    [(target, detail)] = sql("SELECT target, detail FROM audit_events WHERE tag = 'account:apply'")
    assert target == "team"
    assert f'"plan":"{applied.digest}"' in str(detail).replace(" ", "")


def test_a_second_run_writes_no_event(program: Program) -> None:
    apply(program, {"email": "ada@example.com"})
    before = program.audit.head()
    applied = apply(program, {"email": "ada@example.com"})
    assert (applied.changes, applied.unchanged) == ([], 1)
    assert program.audit.head() == before


def test_a_user_who_is_created_once_is_left_alone(program: Program) -> None:
    ada = {"email": "ada@example.com", "name": "Ada", "role": "user", "state": "created"}
    apply(program, ada)
    program.users.update("ada@example.com", UserUpdate(name="Other"))
    assert plan(program, ada).changes == []
    program.recycle_bin.delete(["ada@example.com"])
    assert plan(program, ada).changes == []


def test_a_user_who_must_be_absent_is_deleted(program: Program) -> None:
    apply(program, {"email": "ada@example.com"}, {"email": "eve@example.com"})
    gone = {"email": "ada@example.com", "state": "absent"}
    applied = apply(program, gone, {"email": "eve@example.com"})
    assert actions(applied) == [("delete", "ada@example.com")]
    assert apply(program, gone, {"email": "eve@example.com"}).changes == []


def test_a_user_in_the_recycle_bin_is_restored(program: Program) -> None:
    apply(program, {"email": "ada@example.com", "name": "Ada"})
    number = user(program, "ada@example.com").id
    program.recycle_bin.delete(["ada@example.com"])
    applied = apply(program, {"email": "ada@example.com", "role": "admin"})
    assert actions(applied) == [("restore", "ada@example.com")]
    ada = user(program, "ada@example.com")
    assert (ada.id, ada.name, ada.role, ada.managed_by) == (number, "Ada", "admin", "team")


def test_a_deleted_user_of_no_set_is_restored_only_if_that_is_asked_for(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    program.recycle_bin.delete(["ada@example.com"])
    with pytest.raises(SetConflict):
        apply(program, {"email": "ada@example.com"})
    apply(program, {"email": "ada@example.com", "adopt": True})
    assert user(program, "ada@example.com").managed_by == "team"


def test_a_user_made_by_hand_is_only_taken_over_if_that_is_asked_for(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com", name="Ada"))
    with pytest.raises(SetConflict) as refusal:
        apply(program, {"email": "ada@example.com"})
    assert "belongs to no set" in refusal.value.problems[0].message
    assert user(program, "ada@example.com").managed_by is None
    applied = apply(program, {"email": "ada@example.com", "adopt": True})
    assert fields(applied) == [("managed_by", None, "team")]
    assert apply(program, {"email": "ada@example.com"}).changes == []


def test_all_users_are_taken_over_by_an_option(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    apply(program, {"email": "ada@example.com"}, options=ApplyOptions("team", adopt=True))
    assert user(program, "ada@example.com").managed_by == "team"


def test_a_user_of_another_set_is_refused(program: Program) -> None:
    apply(program, {"email": "ada@example.com"}, options=ApplyOptions("other"))
    with pytest.raises(SetConflict) as refusal:
        apply(program, {"email": "ada@example.com", "adopt": True})
    assert "belongs to the set other" in refusal.value.problems[0].message


def test_without_a_set_any_user_is_changed_and_none_is_owned(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    apply(program, {"email": "ada@example.com", "name": "Ada"}, options=ApplyOptions())
    ada = user(program, "ada@example.com")
    assert (ada.name, ada.managed_by) == ("Ada", None)


def test_a_prune_disables_those_of_the_set_who_are_no_longer_declared(program: Program) -> None:
    program.users.create(UserCreate(email="by-hand@example.com"))
    apply(program, {"email": "other@example.com"}, options=ApplyOptions("other"))
    apply(program, {"email": "ada@example.com"}, {"email": "eve@example.com"})
    left = plan(program, {"email": "eve@example.com"})
    assert (left.changes, left.undeclared) == ([], 1)
    applied = apply(program, {"email": "eve@example.com"}, options=PRUNE)
    assert actions(applied) == [("disable", "ada@example.com")]
    states = [user.status for user in program.user_list.stream(UserQuery(limit=None))]
    assert states == ["active", "active", "disabled", "active"]


def test_a_prune_deletes_if_that_is_asked_for(program: Program) -> None:
    apply(program, {"email": "ada@example.com"}, {"email": "eve@example.com"})
    options = ApplyOptions("team", prune="delete")
    assert actions(apply(program, {"email": "eve@example.com"}, options=options)) == [
        ("delete", "ada@example.com")
    ]


def test_more_removals_than_the_limit_are_refused(program: Program) -> None:
    many = [{"email": f"u{number}@example.com"} for number in range(8)]
    apply(program, *many)
    refused, refusal = program.apply.plan(declared(*many[:2]), PRUNE)
    assert isinstance(refusal, TooManyRemovals)
    assert refused.count("disable") == 6
    with pytest.raises(TooManyRemovals, match="6 users, and the limit is 5"):
        program.apply.apply(declared(*many[:2]), PRUNE)
    apply(program, *many[:3], options=PRUNE)
    limit = RemovalLimit(0, 50)
    apply(
        program, *many[:2], options=ApplyOptions("team", prune="delete", limit=RemovalLimit(6, 0))
    )
    with pytest.raises(TooManyRemovals):
        apply(
            program, {"email": "new@example.com"},
            options=ApplyOptions("team", prune="delete", limit=limit),
        )  # fmt: skip


def test_a_declaration_of_no_user_is_refused(program: Program) -> None:
    apply(program, {"email": "ada@example.com"})
    with pytest.raises(DeclarationIncomplete):
        program.apply.plan([], PRUNE)


def test_the_last_admin_who_can_log_in_is_kept(program: Program) -> None:
    ada = {"email": "ada@example.com", "role": "admin", "generate": True}
    apply(program, ada, {"email": "eve@example.com", "generate": True})
    without = {"email": "ada@example.com", "role": "user"}
    _, refusal = program.apply.plan(declared(without, {"email": "eve@example.com"}), TEAM)
    assert isinstance(refusal, LastAdmin)
    with pytest.raises(LastAdmin):
        apply(program, without)
    with pytest.raises(LastAdmin):
        # Without a password the other could not log in.
        apply(program, without, {"email": "bob@example.com", "role": "admin"})
    apply(program, without, {"email": "eve@example.com", "role": "admin"})


def test_a_demotion_comes_after_a_promotion(program: Program, sql: Sql) -> None:
    apply(
        program,
        {"email": "ada@example.com", "role": "admin", "generate": True},
        {"email": "eve@example.com", "generate": True},
    )
    before = program.audit.head().id
    apply(
        program,
        {"email": "ada@example.com", "role": "user"},
        {"email": "eve@example.com", "role": "admin"},
    )
    events = sql("SELECT target FROM audit_events WHERE id > :last ORDER BY id", last=before)
    assert events == [("eve@example.com",), ("ada@example.com",), ("team",)]


def test_a_user_with_a_previous_address_is_renamed(program: Program) -> None:
    apply(program, {"email": "ada@example.com"})
    number = user(program, "ada@example.com").id
    new = {"email": "ada@example.org", "previous_emails": ["ada@example.com"]}
    assert fields(apply(program, new)) == [("email", "ada@example.com", "ada@example.org")]
    assert user(program, "ada@example.org").id == number
    apply(program, new, {"email": "ada@example.com", "name": "Another"})
    assert user(program, "ada@example.org").id == number


def test_users_exchange_their_addresses(program: Program) -> None:
    apply(program, {"email": "a@example.com", "name": "A"}, {"email": "b@example.com", "name": "B"})
    swapped = [
        {"email": "b@example.com", "previous_emails": ["a@example.com"]},
        {"email": "a@example.com", "previous_emails": ["b@example.com"]},
    ]
    applied = apply(program, *swapped)
    assert [change.action for change in applied.changes] == ["change", "change"]
    assert user(program, "b@example.com").name == "A"
    assert user(program, "a@example.com").name == "B"


def test_an_address_is_given_up_before_another_user_gets_it(program: Program) -> None:
    apply(program, {"email": "a@example.com", "name": "A"}, {"email": "b@example.com", "name": "B"})
    apply(
        program,
        {"email": "b@example.com", "previous_emails": ["a@example.com"]},
        {"email": "c@example.com", "previous_emails": ["b@example.com"]},
        {"email": "a@example.com", "name": "New"},
    )
    names = {u.email: u.name for u in program.user_list.stream(UserQuery(limit=None))}
    assert names == {"b@example.com": "A", "c@example.com": "B", "a@example.com": "New"}


def test_an_unclear_previous_address_is_refused_with_its_place(program: Program) -> None:
    apply(program, {"email": "a@example.com"}, {"email": "b@example.com"})
    both = {"email": "c@example.com", "previous_emails": ["a@example.com", "b@example.com"]}
    with pytest.raises(DeclarationInvalid):
        apply(program, both)
    with pytest.raises(DeclarationInvalid):
        apply(
            program,
            {"email": "c@example.com", "previous_emails": ["a@example.com"]},
            {"email": "d@example.com", "previous_emails": ["a@example.com"]},
        )


def test_a_role_that_is_not_configured_is_refused(program: Program) -> None:
    with pytest.raises(DeclarationInvalid) as refusal:
        apply(program, {"email": "ada@example.com", "role": "emperor"}, {"email": "e@example.com"})
    assert "'emperor' is not a configured role" in refusal.value.problems[0].message


def test_a_password_is_set_again_only_with_a_higher_version(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADA", PASSWORD)
    ada = {"email": "ada@example.com", "password_env": "ADA"}
    apply(program, ada)
    program.user_passwords.set_password("ada@example.com", "another battery 9")
    assert plan(program, ada).changes == []
    applied = apply(program, ada | {"password_version": 2})
    assert fields(applied) == [
        ("password", None, "environment variable ADA"), ("password_version", 1, 2)
    ]  # fmt: skip
    assert program.log_in("ada@example.com")


def test_passwords_that_cannot_be_read_are_all_named(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHORT", "abc")
    users = [
        {"email": "a@example.com", "password_env": "MISSING"},
        {"email": "b@example.com", "password_env": "SHORT"},
        {"email": "c@example.com", "password_file": "/nonexistent/password"},
    ]
    assert len(plan(program, *users).changes) == 3
    with pytest.raises(DeclarationInvalid) as refusal:
        program.apply.apply(declared(*users), TEAM)
    assert len(refusal.value.problems) == 3


def test_a_hash_that_an_import_refuses_is_refused(program: Program) -> None:
    for bad in ("plain", "5f4dcc3b5aa765d61d8327deb882cf99"):
        with pytest.raises(DeclarationInvalid):
            plan(program, {"email": "ada@example.com", "password_hash": bad})


def test_missing_api_tokens_are_issued(program: Program, clock: FakeClock) -> None:
    ada = {
        "email": "ada@example.com",
        "api_tokens": [{"label": "ci", "scope": ["deploy"]}, {"label": "cron", "expires": "never"}],
    }
    applied = apply(program, ada)
    assert [(token.label, token.scope) for token in applied.api_tokens] == [
        ("ci", ["deploy"]), ("cron", [])
    ]  # fmt: skip
    assert program.api_tokens.verify(applied.api_tokens[0].token)
    clock.advance(days=91)
    again = apply(program, ada)
    assert [token.label for token in again.api_tokens] == ["ci"]


def test_tokens_that_cannot_be_delivered_are_not_issued(program: Program, sql: Sql) -> None:
    def fail(_applied: object) -> None:
        raise OSError("The disk is full.")

    users = declared({"email": "ada@example.com", "api_tokens": [{"label": "ci"}]})
    with pytest.raises(OSError, match="full"):
        program.apply.apply(users, TEAM, deliver=fail)
    assert sql("SELECT count(*) FROM users") == [(0,)]


def test_a_reviewed_plan_is_stale_once_a_row_has_changed(program: Program) -> None:
    apply(program, {"email": "ada@example.com", "name": "Ada"})
    new = {"email": "ada@example.com", "role": "admin"}
    reviewed = plan(program, new)
    program.users.update("ada@example.com", UserUpdate(name="Eve"))
    with pytest.raises(PlanStale):
        program.apply.apply(declared(new), TEAM, expected=reviewed.digest)
    program.apply.apply(declared(new), TEAM, expected=plan(program, new).digest)


def test_an_absent_user_is_not_the_one_who_has_a_previous_address_by_now(program: Program) -> None:
    gone = {"email": "old@example.com", "state": "absent", "previous_emails": ["a@example.com"]}
    apply(program, {"email": "a@example.com"}, gone)
    apply(program, {"email": "b@example.com", "previous_emails": ["a@example.com"]})
    apply(program, {"email": "old@example.com"}, {"email": "b@example.com"})
    assert actions(apply(program, gone | {"previous_emails": ["b@example.com"]})) == [
        ("delete", "old@example.com"), ("delete", "b@example.com")
    ]  # fmt: skip


def test_a_user_who_is_created_once_keeps_the_former_address(program: Program) -> None:
    apply(program, {"email": "a@example.com"})
    once = {"email": "b@example.com", "state": "created", "previous_emails": ["a@example.com"]}
    assert apply(program, once).changes == []
    assert user(program, "a@example.com")


@pytest.mark.parametrize("before", ["nothing", "recycle bin"])
def test_users_who_are_created_with_each_others_address_are_not_renamed(
    program: Program, before: str
) -> None:
    swapped = [
        {"email": "b@example.com", "previous_emails": ["a@example.com"]},
        {"email": "a@example.com", "previous_emails": ["b@example.com"]},
    ]
    if before == "recycle bin":
        apply(program, {"email": "a@example.com"}, {"email": "b@example.com"})
        program.recycle_bin.delete(["a@example.com", "b@example.com"])
    apply(program, *swapped)
