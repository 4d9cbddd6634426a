"""Changes of many users at once, on both databases."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import event

from tests.integration.conftest import PASSWORD, Program, Sql
from userctl.core.errors import (
    GuardRefused,
    InvalidInput,
    LastAdmin,
    UserctlError,
    UserNotFound,
    UsersNotFound,
)
from userctl.schemas.audit import AuditQuery
from userctl.schemas.batches import BatchOptions, UserChoice, UserOutcome, UserReference
from userctl.schemas.tokens import ApiTokenCreate, TokenQuery
from userctl.schemas.users import UserCreate, UserQuery
from userctl.services.users.batch.change import UserChange

NAMES = ("ada", "bert", "cleo", "dora")


def named(*texts: str) -> UserChoice:
    """Return the choice of users by name."""
    return UserChoice([UserReference(text) for text in texts])


def apply(
    program: Program, choice: UserChoice, change: UserChange, **options: Any
) -> list[UserOutcome]:
    """Change users."""
    return program.user_batches.apply(choice, change, BatchOptions(**options))


def summary(outcomes: Sequence[UserOutcome]) -> list[tuple[int | None, str]]:
    """Return the id and the outcome of each user."""
    return [(outcome.id, outcome.outcome) for outcome in outcomes]


def tags(program: Program) -> list[str]:
    """Return the tags of the audit trail after the creation of the users."""
    events = program.audit.stream(AuditQuery(limit=None))
    return [f"{event.tag} {event.user_id}" for event in events if event.tag != "account:create"]


def statuses(program: Program) -> str:
    """Return the first letters of the statuses of all users."""
    return "".join(user.status[0] for user in program.user_list.stream(UserQuery()))


@pytest.fixture
def four(program: Program) -> Program:
    """Four users, of whom the first two are admins."""
    for name in NAMES:
        role = "admin" if name in ("ada", "bert") else "user"
        new = UserCreate(email=f"{name}@example.com", role=role, password=PASSWORD)
        program.users.create(new)
    return program


CHANGES: dict[str, tuple[Callable[[Program], UserChange], str]] = {
    "disable": (lambda program: program.user_status.disable_change(), "account:disable"),
    "enable": (lambda program: program.user_status.enable_change(), "account:enable"),
    "unlock": (lambda program: program.throttling.unlock_change(), "account:unlock"),
    "expire": (lambda program: program.user_passwords.expire_change(), "account:password:expire"),
    "generate": (
        lambda program: program.user_passwords.generate_change(must_change=True),
        "account:password:set",
    ),
    "role": (lambda program: program.users.role_change("admin"), "account:update"),
    "delete": (lambda program: program.recycle_bin.delete_change(hard=False), "account:delete"),
    "delete for good": (
        lambda program: program.recycle_bin.delete_change(hard=True),
        "account:delete",
    ),
    "revoke": (lambda program: program.revocation.revoke_change(None), "token:revoke"),
}


@pytest.mark.parametrize(("make", "tag"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_made_to_all_of_them_in_the_order_in_which_they_were_named(
    four: Program, make: Callable[[Program], UserChange], tag: str
) -> None:
    for name in ("dora", "cleo"):
        four.log_in(f"{name}@example.com")
        four.throttling.charge(f"{name}@example.com")
    if tag == "account:enable":
        apply(four, named("3", "4"), four.user_status.disable_change())
    before = len(tags(four))
    change = make(four)
    outcomes = apply(four, named("dora@example.com", "3", "DORA@example.com"), change)
    assert summary(outcomes) == [(4, "changed"), (3, "changed")]
    assert [outcome.reference for outcome in outcomes] == ["dora@example.com", "3"]
    assert tags(four)[before:] == [f"{tag} 4", f"{tag} 3"]
    sessions = four.token_list.page(TokenQuery()).items
    assert any(token.state == "active" for token in sessions) is (tag == "account:unlock")
    undone = {"account:delete"}
    again = None if tag in undone else apply(four, named("4", "3"), make(four))
    if again is not None and tag in ("account:disable", "account:enable", "account:update"):
        assert summary(again) == [(4, "unchanged"), (3, "unchanged")]


def test_a_dry_run_tells_what_would_change_and_changes_nothing(four: Program) -> None:
    four.user_status.disable("4")
    before = tags(four)
    outcomes = apply(four, named("4", "3"), four.user_status.disable_change(), dry_run=True)
    assert summary(outcomes) == [(4, "unchanged"), (3, "would_change")]
    generating = four.user_passwords.generate_change(must_change=False)
    [outcome] = apply(four, named("3"), generating, dry_run=True)
    assert outcome.model_dump()["generated_password"] is None
    assert apply(four, named("4"), four.recycle_bin.delete_change(hard=True), dry_run=True)
    assert (statuses(four), tags(four)) == ("aaad", before)
    four.log_in("cleo@example.com")


def test_all_unknown_names_are_told_at_once_with_what_may_have_been_meant(four: Program) -> None:
    names = ("ada@example.com", "dorra@example.com", "99", "ceo@exmaple.com", "bert", "\x1b[31m")
    with pytest.raises(UsersNotFound) as caught:
        apply(four, named(*names), four.user_status.disable_change())
    assert caught.value.lines == [
        "'dorra@example.com': Did you mean dora@example.com?",
        "'99'",
        "'ceo@exmaple.com': Did you mean cleo@example.com?",
        "'bert': Did you mean bert@example.com?",
        "'\\x1b[31m'",
    ]
    assert caught.value.message.startswith("5 of 6 users do not exist; nothing was changed: ")
    assert statuses(four) == "aaaa"
    with pytest.raises(UserNotFound, match="There is no user '99'"):
        apply(four, named("99"), four.user_status.disable_change())


def test_the_others_are_changed_if_that_is_asked_for_and_each_failure_has_its_reason(
    four: Program,
) -> None:
    four.user_passwords.set_password("3", None)
    names = named("4", "eve@example.com", "3", "1")
    outcomes = apply(four, names, four.user_passwords.expire_change(), keep_going=True)
    assert [(o.id, o.outcome, o.code) for o in outcomes] == [
        (4, "changed", None),
        (None, "failed", "user_not_found"),
        (3, "failed", "invalid_input"),
        (1, "changed", None),
    ]
    assert "has no password to change" in str(outcomes[2].message)
    with pytest.raises(InvalidInput, match="has no password to change"):
        apply(four, named("4", "3"), four.user_passwords.expire_change())


@pytest.mark.parametrize("change", ["disable", "delete", "role"])
def test_no_set_of_users_may_hold_all_admins(four: Program, change: str) -> None:
    makes = {**CHANGES, "role": (lambda program: program.users.role_change("user"), "")}
    make = makes[change][0]
    with pytest.raises(LastAdmin):
        apply(four, named("3", "1", "2"), make(four))
    assert statuses(four) == "aaaa"
    outcomes = apply(four, named("1", "3", "2", "4"), make(four), keep_going=True)
    assert [(o.id, o.code) for o in outcomes if o.outcome == "failed"] == [(2, "last_admin")]
    [left] = four.user_list.page(UserQuery(role="admin", status="active")).items
    assert left.id == 2


def test_a_row_that_a_trigger_of_an_application_protects_stops_all_or_only_itself(
    four: Program, sql: Sql
) -> None:
    if four.engine.dialect.name == "sqlite":
        sql(
            "CREATE TRIGGER keep_cleo BEFORE UPDATE ON users WHEN OLD.id = 3 "
            "BEGIN SELECT RAISE(IGNORE); END"
        )
    else:
        sql(
            "CREATE FUNCTION pg_temp_keep() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN IF OLD.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END'"
        )
        sql(
            "CREATE TRIGGER keep_cleo BEFORE UPDATE ON users FOR EACH ROW "
            "EXECUTE FUNCTION pg_temp_keep()"
        )
    try:
        with pytest.raises(UserctlError) as caught:
            apply(four, named("4", "3", "1"), four.user_status.disable_change())
        assert (caught.value.code, statuses(four)) == ("change_ignored", "aaaa")
        outcomes = apply(
            four, named("4", "3", "1"), four.user_status.disable_change(), keep_going=True
        )
        assert [(o.id, o.outcome, o.status) for o in outcomes] == [
            (4, "changed", "disabled"),
            (3, "failed", "active"),
            (1, "changed", "disabled"),
        ]
        assert tags(four) == ["account:disable 4", "account:disable 1"]
    finally:
        if four.engine.dialect.name == "postgresql":
            sql("DROP TRIGGER keep_cleo ON users")
            sql("DROP FUNCTION pg_temp_keep()")


def test_a_query_chooses_users_and_more_than_allowed_are_not_changed(four: Program) -> None:
    choice = UserChoice(query=UserQuery(role="user", domain="example.com", sort="email", limit=1))
    with pytest.raises(GuardRefused, match="change 2 users") as caught:
        apply(four, choice, four.user_status.disable_change(), at_most=1)
    assert caught.value.count == 2
    assert summary(apply(four, choice, four.user_status.disable_change(), at_most=2)) == [
        (3, "changed"),
        (4, "changed"),
    ]
    assert apply(four, UserChoice(query=UserQuery(search="eve")), CHANGES["enable"][0](four)) == []
    by_beginning = UserChoice(query=UserQuery(beginning="d"))
    assert summary(apply(four, by_beginning, four.user_status.enable_change())) == [(4, "changed")]
    with pytest.raises(InvalidInput, match="not a configured role"):
        apply(four, UserChoice(query=UserQuery(role="usr")), four.user_status.disable_change())


def test_users_of_a_role_that_is_no_longer_configured_can_be_given_another(
    four: Program, sql: Sql
) -> None:
    sql("UPDATE users SET role = 'auditor' WHERE id > 2")
    choice = UserChoice(query=UserQuery(role="auditor"))
    outcomes = apply(four, choice, four.users.role_change("user"))
    assert [(o.id, o.role) for o in outcomes] == [(3, "user"), (4, "user")]


def test_throttled_users_are_unlocked_together(four: Program) -> None:
    for name in ("ada", "cleo"):
        for _ in range(5):
            four.throttling.charge(f"{name}@example.com")
    choice = UserChoice(query=UserQuery(throttled=True))
    assert summary(apply(four, choice, four.throttling.unlock_change())) == [
        (1, "changed"),
        (3, "changed"),
    ]
    assert apply(four, choice, four.throttling.unlock_change()) == []
    assert summary(apply(four, named("4"), four.throttling.unlock_change())) == [(4, "unchanged")]


def test_each_user_gets_a_password_of_their_own(four: Program) -> None:
    four.user_status.disable("4")
    outcomes = apply(four, named("3", "4"), four.user_passwords.generate_change(must_change=False))
    passwords = [outcome.model_dump()["generated_password"] for outcome in outcomes]
    assert len({*passwords}) == 2
    four.log_in("cleo@example.com", passwords[0])
    four.user_status.enable("4")
    four.log_in("dora@example.com", passwords[1])


def test_users_who_may_be_missing_are_named_and_a_permanent_deletion_includes_the_deleted(
    four: Program,
) -> None:
    four.recycle_bin.delete(["cleo@example.com"])
    names = named("eve@example.com", "cleo@example.com", "4", "3")
    outcomes = apply(four, names, four.recycle_bin.delete_change(hard=False), missing_ok=True)
    missing = (None, "missing")
    assert summary(outcomes) == [missing, missing, (4, "changed"), missing]
    outcomes = apply(four, names, four.recycle_bin.delete_change(hard=True), missing_ok=True)
    assert summary(outcomes) == [(None, "missing"), (3, "changed"), (4, "changed")]
    assert four.recycle_bin.page(UserQuery()).items == []


def test_the_tokens_of_each_user_are_counted(four: Program) -> None:
    for _ in range(2):
        four.log_in("cleo@example.com")
    four.api_tokens.issue(ApiTokenCreate(user="4", label="ci", expires_in=None))
    revoke_change = four.revocation.revoke_change
    counts = [
        (o.id, o.outcome, o.model_dump()["revoked_sessions"], o.model_dump()["revoked_api_tokens"])
        for o in apply(four, named("4", "3", "1"), revoke_change(None))
    ]
    assert counts == [(4, "changed", 0, 1), (3, "changed", 2, 0), (1, "unchanged", 0, 0)]
    four.log_in("cleo@example.com")
    assert summary(apply(four, named("3"), revoke_change("api"))) == [(3, "unchanged")]
    assert summary(apply(four, named("3"), revoke_change("refresh"))) == [(3, "changed")]


@pytest.mark.parametrize("name", [*CHANGES])
def test_thirty_users_need_no_more_statements_than_three(
    program: Program, sql: Sql, name: str
) -> None:
    for i in range(34):
        sql(
            "INSERT INTO users (email, hashed_password, disabled_at) "
            "VALUES (:email, 'x', :disabled)",
            email=f"u{i}@example.com",
            disabled="2029-01-01 00:00:00" if name == "enable" else None,
        )
    sent: list[str] = []

    @event.listens_for(program.engine, "before_cursor_execute")
    def keep(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    make = CHANGES[name][0]
    apply(program, named(*(f"u{i}@example.com" for i in range(3))), make(program))
    few = len(sent)
    sent.clear()
    apply(program, named(*(f"u{i}@example.com" for i in range(4, 34))), make(program))
    assert len(sent) == few < 30
