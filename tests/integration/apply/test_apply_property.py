"""For any database and any file: an apply leaves nothing to do, and others as they were."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.integration.conftest import FakeClock, Program, Sql, sql_on
from userctl.core.errors import UserctlError
from userctl.schemas.apply import ApplyOptions, RemovalLimit
from userctl.schemas.declaration import DeclaredUser

MANY = 200
"""How many examples the long run has."""

EMAILS = [f"{letter}@example.com" for letter in "abcdef"]
NAMES = st.sampled_from([None, "Ada", "Eve"])
ROLES = st.sampled_from(["user", "admin"])
BCRYPT = "$2b$04$zVHmKQtGGQob.b/Nc7l9NO8UlrYcW05FiuCj/SxsFO/ZtiN9.mNzy"
COLUMNS = (
    "id, name, email, hashed_password, role, created_at, updated_at, disabled_at, disabled_hash, "
    "must_change_password, foreign_hash, managed_by, password_version, previous_email"
)

stored = st.fixed_dictionaries(
    {
        "name": NAMES,
        "role": ROLES,
        "managed_by": st.sampled_from([None, "team", "other"]),
        "state": st.sampled_from(["active", "active", "disabled", "deleted"]),
    }
)
databases = st.dictionaries(st.sampled_from(EMAILS), stored, max_size=6)


@st.composite
def files(draw: st.DrawFn) -> list[DeclaredUser]:
    """Return a file of users, of which some have the previous addresses of others."""
    emails = draw(st.lists(st.sampled_from(EMAILS), min_size=1, max_size=5, unique=True))
    former = draw(st.permutations(EMAILS))
    users: list[dict[str, Any]] = []
    for email, previous in zip(emails, former, strict=False):
        user: dict[str, Any] = {"email": email, "adopt": True}
        state = draw(st.sampled_from(["present", "present", "present", "created", "absent"]))
        if previous != email and draw(st.booleans()):
            user["previous_emails"] = [previous]
        if state != "present":
            user["state"] = state
        if state != "absent":
            user |= draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "name": NAMES,
                        "role": ROLES,
                        "status": st.sampled_from(["active", "disabled"]),
                        "password_hash": st.just(BCRYPT),
                        "api_tokens": st.just([{"label": "ci"}]),
                    },
                )
            )
        if "password_hash" in user and draw(st.booleans()):
            user["password_version"] = draw(st.integers(1, 2))
        users.append(user)
    return [DeclaredUser(**user) for user in users]


def replace_users(sql: Sql, users: dict[str, dict[str, Any]]) -> None:
    for table in ("api_tokens", "users", "deleted_users"):
        sql(f"DELETE FROM {table}")
    for number, (email, user) in enumerate(users.items(), 1):
        deleted = user["state"] == "deleted"
        time = "2026-01-01 00:00:00+00:00"
        sql(
            f"INSERT INTO {'deleted_users' if deleted else 'users'} "
            "(id, name, email, hashed_password, role, created_at, updated_at, disabled_at, "
            f"must_change_password, managed_by{', deleted_at' if deleted else ''}) VALUES "
            "(:id, :name, :email, :hash, :role, :time, :time, :disabled, false, :set"
            f"{', :time' if deleted else ''})",
            id=number + 100, name=user["name"], email=email, hash=BCRYPT, role=user["role"],
            time=time, disabled=time if user["state"] == "disabled" else None,
            set=user["managed_by"],
        )  # fmt: skip


def check(engine: Engine, users: list[DeclaredUser], prune: Any) -> None:
    """Apply users, and check what holds whatever they are."""
    sql, program = sql_on(engine), Program(engine, FakeClock())
    options = ApplyOptions("team", prune=prune, limit=RemovalLimit(10))
    before = {row[0]: row for row in sql(f"SELECT {COLUMNS} FROM users")}
    head = program.audit.head() if sql("SELECT count(*) FROM audit_events") != [(0,)] else None
    try:
        plan, _ = program.apply.plan(users, options)
        applied = program.apply.apply(users, options, expected=plan.digest)
    except UserctlError:
        # What is refused has changed nothing.
        assert {row[0]: row for row in sql(f"SELECT {COLUMNS} FROM users")} == before
        assert head is None or program.audit.head() == head
        return
    assert applied.changes == plan.changes
    again, refusal = program.apply.plan(users, options)
    assert (again.changes, refusal) == ([], None)
    concerned = {change.id for change in plan.changes}
    after = {row[0]: row for row in sql(f"SELECT {COLUMNS} FROM users")}
    for number, row in before.items():
        assert number in concerned or after[number] == row
    # Users of another set are never touched, whatever is declared.
    others = [row for row in before.values() if row[-3] == "other"]
    assert [after[row[0]] for row in others] == others


def test_a_plan_that_was_applied_leaves_nothing_to_do_and_others_as_they_were(
    engine: Engine,
) -> None:
    # Chance is for the long run, where a failure is looked into.
    @settings(derandomize=settings.default.max_examples < MANY)
    @given(database=databases, users=files(), prune=st.sampled_from([None, "disable", "delete"]))
    def hold(database: dict[str, Any], users: list[DeclaredUser], prune: Any) -> None:
        replace_users(sql_on(engine), database)
        check(engine, users, prune)

    hold()
