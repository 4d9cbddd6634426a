"""Importing accounts on both databases."""

from datetime import UTC, datetime
from typing import Any

import bcrypt
import pytest
from sqlalchemy import Engine

from tests.integration.conftest import (
    NOW,
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    run_at_once,
    type_names,
)
from tests.support.record_files import records
from userctl.core.clock import utc_now
from userctl.core.errors import InvalidCredentials, TransactionConflict, UserExists
from userctl.schemas.transfer import FileRecord, ImportReport
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import PasswordHasher
from userctl.services.users import import_ as user_import
from userctl.services.users.import_ import UserImportService
from userctl.services.users.import_.writing import Writer
from userctl.services.users.manage import UserService

SALT = b"$2b$04$abcdefghijklmnopqrstuu"
HASH = bcrypt.hashpw(PASSWORD.encode(), SALT).decode()
OTHER = bcrypt.hashpw(b"another horse 78", SALT).decode()


@pytest.fixture
def ada(users: UserService, clock: FakeClock) -> UserCreated:
    """An account that was created some time before the import."""
    ada = users.create(UserCreate(email="ada@example.com", name="Ada", password=PASSWORD))
    clock.advance(minutes=1)
    return ada


def numbers(report: ImportReport) -> tuple[int, int, int, int]:
    result = report.result
    return result.created, result.updated, result.skipped, result.rejected


def reasons(report: ImportReport) -> list[tuple[int, str | None]]:
    return [(reject.line, reject.field) for reject in report.reasons]


def emails(sql: Sql) -> list[str]:
    return [email for (email,) in sql("SELECT email FROM users ORDER BY id")]


def row_of(sql: Sql, columns: str, email: str = "ada@example.com") -> tuple[Any, ...]:
    [row] = sql(f"SELECT {columns} FROM users WHERE email = :email", email=email)
    return row


def test_accounts_with_a_hash_a_password_or_neither_are_created(program: Program, sql: Sql) -> None:
    report = program.user_import.load(
        records(
            {"email": "Ada@Example.com", "name": "Ada", "role": "admin", "hashed_password": HASH},
            {"email": "grace@example.com", "password": PASSWORD},
            {"email": "eve@example.com", "name": "", "password": None},
        )
    )
    assert numbers(report) == (3, 0, 0, 0)
    assert emails(sql) == ["ada@example.com", "grace@example.com", "eve@example.com"]
    assert program.users.show("1").role == "admin"
    for email in ("ada@example.com", "grace@example.com"):
        assert program.log_in(email)
    eve = program.users.show("eve@example.com")
    assert (eve.name, eve.role, eve.has_password, eve.created_at) == (None, "user", False, NOW)


def test_times_are_stored_as_every_other_command_stores_them(program: Program, sql: Sql) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    program.user_import.load(records({"email": "grace@example.com"}))
    assert row_of(sql, "created_at, updated_at, must_change_password") == row_of(
        sql, "created_at, updated_at, must_change_password", "grace@example.com"
    )


def test_an_account_is_imported_with_its_status_and_its_age(program: Program) -> None:
    born = datetime(2020, 2, 29, 12, 30, tzinfo=UTC)
    program.user_import.load(
        records(
            {
                "email": "ada@example.com",
                "hashed_password": HASH,
                "status": "disabled",
                "must_change_password": "true",
                "created_at": "2020-02-29T13:30:00+01:00",
            }
        )
    )
    ada = program.users.show("ada@example.com")
    assert (ada.status, ada.has_password, ada.must_change_password) == ("disabled", True, True)
    assert (ada.created_at, ada.updated_at) == (born, NOW)
    with pytest.raises(InvalidCredentials):
        program.log_in("ada@example.com")
    program.user_status.enable("ada@example.com")
    program.user_passwords.set_password("ada@example.com", PASSWORD)
    assert program.log_in("ada@example.com")


def test_a_hash_that_matches_nothing_is_no_password(program: Program) -> None:
    program.user_import.load(
        records({"email": "ada@example.com", "hashed_password": "$2b$04$" + "." * 53})
    )
    assert not program.users.show("ada@example.com").has_password


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nonsense"),
        ("email", ""),
        ("name", "a\u202eb"),
        ("name", "x" * 101),
        ("role", "root"),
        ("status", "gone"),
        ("must_change_password", "perhaps"),
        ("hashed_password", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("hashed_password", "pbkdf2_sha256$1$a$b"),
        ("hashed_password", HASH[:28] + "/" + HASH[29:]),
        ("hashed_password", HASH[:4] + "31" + HASH[6:]),
        ("password", "short"),
        ("password", "password1"),
        ("password", "a" * 73),
        ("created_at", "yesterday"),
        ("created_at", "2020-01-01T00:00:00"),
        ("created_at", "2031-01-01T00:00:00Z"),
        ("favourite_colour", "green"),
    ],
)
def test_a_record_that_breaks_a_rule_is_named_and_nothing_is_imported(
    program: Program, sql: Sql, field: str, value: str
) -> None:
    wrong = {"email": "grace@example.com"} | {field: value}
    report = program.user_import.load(records({"email": "ada@example.com"}, wrong))
    assert numbers(report) == (0, 0, 0, 1)
    assert reasons(report) == [(3, field)]
    assert not report.conflicts_only
    assert emails(sql) == []


def test_every_fault_of_a_record_is_named(program: Program) -> None:
    report = program.user_import.load(
        [
            *records({"email": "a@b", "role": "root", "name": " "}),
            FileRecord(
                3,
                ("email", "password", "hashed_password"),
                ("a@example.com", PASSWORD, HASH),
            ),
            FileRecord(4, unreadable="The line is no JSON."),
        ]
    )
    assert reasons(report) == [
        (2, "email"), (2, "role"), (2, "name"), (3, "password"), (4, None),
    ]  # fmt: skip
    assert report.result.rejected == 3
    assert PASSWORD not in str(list(report.reasons))


def test_the_good_records_go_in_where_that_is_wanted(program: Program, sql: Sql) -> None:
    report = program.user_import.load(
        records(
            {"email": "ada@example.com"}, {"email": "nonsense"}, {"email": "grace@example.com"}
        ),
        partial=True,
    )
    assert numbers(report) == (2, 0, 0, 1)
    assert reasons(report) == [(3, "email")]
    assert emails(sql) == ["ada@example.com", "grace@example.com"]


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_an_account_that_exists_is_a_conflict(
    program: Program, sql: Sql, ada: UserCreated, password: str | None
) -> None:
    report = program.user_import.load(
        records(
            {"email": "grace@example.com", "password": password},
            {"email": "ADA@example.com", "password": password},
        )
    )
    assert (numbers(report), report.conflicts_only) == ((0, 0, 0, 1), True)
    assert reasons(report) == [(3, "email")]
    assert emails(sql) == [ada.email]


@pytest.mark.parametrize("password", [None, "another horse 78"])
def test_an_account_that_exists_can_be_skipped(
    program: Program, sql: Sql, ada: UserCreated, password: str | None
) -> None:
    before = row_of(sql, "*")
    report = program.user_import.load(
        records(
            {"email": "grace@example.com", "password": password},
            {"email": ada.email, "name": "Other", "password": password},
        ),
        on_conflict="skip",
    )
    assert numbers(report) == (1, 0, 1, 0)
    assert row_of(sql, "*") == before
    assert program.users.show("grace@example.com").has_password is (password is not None)


def test_an_account_that_exists_can_be_updated(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    session = program.log_in(ada.email)
    clock.advance(hours=1)
    report = program.user_import.load(
        records(
            {"email": ada.email, "name": "Ada L.", "hashed_password": OTHER, "created_at": ""},
            {"email": "grace@example.com"},
        ),
        on_conflict="update",
    )
    assert numbers(report) == (1, 1, 0, 0)
    changed = program.users.show(ada.email)
    assert (changed.name, changed.role) == ("Ada L.", "user")
    assert (changed.created_at, changed.updated_at) == (NOW, clock())
    assert program.log_in(ada.email, "another horse 78")
    assert program.revocation.revoke_text(session.tokens.refresh_token).revoked_sessions == 0


def test_an_update_that_changes_nothing_leaves_the_account_and_its_sessions(
    program: Program, sql: Sql, ada: UserCreated, clock: FakeClock
) -> None:
    session = program.log_in(ada.email)
    before = row_of(sql, "*")
    clock.advance(minutes=1)
    report = program.user_import.load(
        records({"email": ada.email, "name": ada.name, "role": "user", "status": "active"}),
        on_conflict="update",
    )
    assert numbers(report) == (0, 0, 1, 0)
    assert row_of(sql, "*") == before
    assert program.token_exchange.refresh(session.tokens.refresh_token)


def test_an_update_disables_and_enables(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    grant = program.log_in(ada.email)
    disabled = records({"email": ada.email, "status": "disabled"})
    enabled = records({"email": ada.email, "status": "active"})
    assert numbers(program.user_import.load(disabled, on_conflict="update")) == (0, 1, 0, 0)
    assert program.users.show(ada.email).status == "disabled"
    assert program.revocation.revoke_text(grant.tokens.refresh_token).revoked_sessions == 0
    clock.advance(minutes=1)
    assert numbers(program.user_import.load(enabled, on_conflict="update")) == (0, 1, 0, 0)
    assert program.log_in(ada.email)


def test_an_update_that_asks_for_another_password_ends_the_sessions(
    program: Program, ada: UserCreated
) -> None:
    grant = program.log_in(ada.email)
    program.user_import.load(
        records({"email": ada.email, "must_change_password": "true"}), on_conflict="update"
    )
    assert program.revocation.revoke_text(grant.tokens.refresh_token).revoked_sessions == 0


def test_the_last_active_admin_is_guarded(program: Program, sql: Sql, clock: FakeClock) -> None:
    for name in ("ada", "grace"):
        program.users.create(UserCreate(email=f"{name}@example.com", role="admin"))
    clock.advance(minutes=1)
    report = program.user_import.load(
        records(
            {"email": "ada@example.com", "role": "user"},
            {"email": "grace@example.com", "status": "disabled"},
        ),
        on_conflict="update",
        partial=True,
    )
    assert numbers(report) == (0, 1, 0, 1)
    assert "no active admin" in next(iter(report.reasons)).reason
    assert sql("SELECT email FROM users WHERE role = 'admin' AND disabled_at IS NULL") == [
        ("grace@example.com",)
    ]


@pytest.mark.parametrize("on_conflict", ["error", "skip", "update"])
@pytest.mark.parametrize("chunk", [1, 2, 5000])
def test_an_address_that_stands_in_the_file_twice_is_rejected(
    program: Program, sql: Sql, monkeypatch: pytest.MonkeyPatch, on_conflict: Any, chunk: int
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", chunk)
    rows = ({"email": "ada@example.com", "name": "First"}, {"email": "eve@example.com"},
            {"email": "ADA@example.com", "name": "Second"})  # fmt: skip
    report = program.user_import.load(records(*rows), on_conflict=on_conflict, partial=True)
    assert numbers(report) == (2, 0, 0, 1)
    assert reasons(report) == [(4, "email")]
    assert not report.conflicts_only
    assert row_of(sql, "name") == ("First",)


@pytest.mark.parametrize("on_conflict", ["error", "skip", "update"])
@pytest.mark.parametrize("chunk", [1, 5000])
@pytest.mark.parametrize("passwords", [(None, None), (PASSWORD, PASSWORD), (None, PASSWORD)])
def test_a_user_that_exists_and_stands_in_the_file_twice_is_rejected(
    program: Program,
    sql: Sql,
    ada: UserCreated,
    monkeypatch: pytest.MonkeyPatch,
    on_conflict: Any,
    chunk: int,
    passwords: tuple[str | None, str | None],
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", chunk)
    before = row_of(sql, "*")
    first, second = passwords
    # The first changes nothing, unless it has a password.
    rows = ({"email": ada.email, "name": "Ada", "password": first}, {"email": "eve@example.com"},
            {"email": "ADA@example.com", "name": "Second", "password": second})  # fmt: skip
    program.user_import.load(records(*rows), on_conflict=on_conflict)
    assert row_of(sql, "*") == before
    report = program.user_import.load(records(*rows), on_conflict=on_conflict, partial=True)
    assert any("appears twice in the file" in reject.reason for reject in report.reasons)
    assert report.result.rejected == (2 if on_conflict == "error" else 1)
    assert not report.conflicts_only
    assert row_of(sql, "name") == ("Ada",)
    assert emails(sql) == [ada.email, "eve@example.com"]


def test_a_trigger_that_sets_times_does_not_hide_what_the_file_has_twice(
    program: Program, database_url: str, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", 1)
    if database_url.startswith("sqlite"):
        sql(
            "CREATE TRIGGER touched AFTER INSERT ON users BEGIN "
            "UPDATE users SET updated_at = '2020-01-01 00:00:00' WHERE id = new.id; END"
        )
    else:
        sql(
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN new.updated_at = '2020-01-01'; RETURN new; END $$"
        )
        sql("CREATE TRIGGER touched BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch()")
    try:
        rows = [{"email": "ada@example.com", "name": name} for name in ("First", "Second")]
        report = program.user_import.load(records(*rows), on_conflict="update", partial=True)
    finally:
        if not database_url.startswith("sqlite"):
            sql("DROP FUNCTION touch CASCADE")
    assert numbers(report) == (1, 0, 0, 1)
    assert row_of(sql, "name") == ("First",)


def test_a_user_of_the_same_moment_is_a_conflict_and_no_repetition(program: Program) -> None:
    program.users.create(UserCreate(email="ada@example.com"))
    report = program.user_import.load(records({"email": "ada@example.com"}))
    assert report.conflicts_only


def test_what_is_wrong_with_records_in_one_line_is_told_in_any_order(program: Program) -> None:
    report = program.user_import.load(
        [
            FileRecord(1, ("email",), ("ada@example.com",)),
            FileRecord(1, ("email",), ("ada@example.com",)),
            FileRecord(1, unreadable="Not a JSON object."),
        ],
        partial=True,
    )
    assert sorted(map(str, (reject.field for reject in report.reasons))) == ["None", "email"]


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_what_is_written_does_not_depend_on_the_chunks(
    program: Program, sql: Sql, ada: UserCreated, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", chunk)
    progress: list[tuple[int, int]] = []
    rows = [{"email": f"u{n}@example.com"} for n in range(6)]
    report = program.user_import.load(
        records(*rows[:3], {"email": ada.email}, *rows[3:]),
        on_conflict="skip",
        on_written=lambda done, total: progress.append((done, total)),
    )
    assert numbers(report) == (6, 0, 1, 0)
    assert emails(sql) == [ada.email, *(row["email"] for row in rows)]
    assert progress[-1] == (7, 7)


def test_a_dry_run_tells_all_and_changes_nothing(
    program: Program, sql: Sql, ada: UserCreated
) -> None:
    report = program.user_import.load(
        records({"email": "grace@example.com"}, {"email": ada.email, "name": "Other"}),
        on_conflict="update",
        dry_run=True,
    )
    assert (numbers(report), report.result.dry_run) == ((1, 1, 0, 0), True)
    assert emails(sql) == [ada.email]
    assert row_of(sql, "name") == ("Ada",)


def test_progress_counts_each_hashed_password(program: Program) -> None:
    counted: list[tuple[int, int]] = []
    program.user_import.load(
        records(
            {"email": "nonsense"},
            *({"email": f"u{n}@example.com", "password": PASSWORD} for n in range(3)),
        ),
        on_checked=lambda done, read: counted.append((done, read)),
        partial=True,
    )
    assert counted == [(2, 4), (3, 4), (4, 4), (4, 4)]


def test_an_interruption_while_passwords_are_hashed_changes_nothing(
    program: Program, sql: Sql
) -> None:
    def interrupt(done: int, read: int) -> None:
        raise KeyboardInterrupt

    rows = [{"email": f"u{n}@example.com", "password": PASSWORD} for n in range(20)]
    with pytest.raises(KeyboardInterrupt):
        program.user_import.load(records(*rows), on_checked=interrupt)
    assert emails(sql) == []


def test_an_interruption_while_accounts_are_written_changes_nothing(
    program: Program, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_import, "CHUNK", 2)

    def interrupt(done: int, total: int) -> None:
        if done > 2:
            raise KeyboardInterrupt

    rows = [{"email": f"u{n}@example.com"} for n in range(6)]
    with pytest.raises(KeyboardInterrupt):
        program.user_import.load(records(*rows), on_written=interrupt)
    assert emails(sql) == []


def test_two_imports_of_the_same_accounts_at_once_double_nothing(
    database_url: str, engine: Engine, sql: Sql
) -> None:
    rows = records(*({"email": f"u{n}@example.com"} for n in range(50)))

    def load(program: Program) -> ImportReport:
        # No two processes have a clock that stands still at the same moment.
        service = UserImportService(
            program.database,
            hasher=PasswordHasher(cost=4),
            policy=PasswordPolicy(minimum_length=8),
            roles=("user",),
            clock=utc_now,
        )
        return service.load(rows, on_conflict="skip")

    outcomes = run_at_once(database_url, load, load, load, load)
    assert type_names(outcomes) == ["ImportReport"] * 4
    results = [outcome.result for outcome in outcomes if isinstance(outcome, ImportReport)]
    assert sum(result.created for result in results) == 50
    assert all(result.created + result.skipped == 50 for result in results)
    assert len(emails(sql)) == 50


def test_a_transaction_that_gives_way_is_run_again(
    program: Program, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = Writer.write, []

    def give_way_once(writer: Writer, chunk: Any) -> None:
        write(writer, chunk)
        calls.append(chunk)
        if len(calls) == 1:
            raise TransactionConflict("Another one won.")

    monkeypatch.setattr(Writer, "write", give_way_once)
    report = program.user_import.load(records({"email": "ada@example.com"}))
    assert numbers(report) == (1, 0, 0, 0)
    assert emails(sql) == ["ada@example.com"]


def test_nothing_to_import_is_no_failure(program: Program) -> None:
    assert numbers(program.user_import.load([])) == (0, 0, 0, 0)


def test_accounts_created_afterwards_get_ids_of_their_own(program: Program) -> None:
    program.user_import.load(records({"email": "ada@example.com"}, {"email": "eve@example.com"}))
    assert program.users.create(UserCreate(email="grace@example.com")).id == 3
    with pytest.raises(UserExists):
        program.users.create(UserCreate(email="eve@example.com"))
