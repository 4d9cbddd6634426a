"""Deleted accounts: what becomes of them, and how they come back."""

from datetime import timedelta

import psycopg
import pytest

from tests.integration.conftest import (
    PASSWORD,
    FakeClock,
    Program,
    Sql,
    open_engine,
    run_at_once,
    type_names,
)
from userctl.core.errors import (
    ClockSuspect,
    InvalidCredentials,
    InvalidEmail,
    InvalidInput,
    LastAdmin,
    TokenInvalid,
    TokenRevoked,
    UserExists,
    UserNotFound,
)
from userctl.schemas.session import Grant
from userctl.schemas.tokens import ApiTokenCreate
from userctl.schemas.users import UserCreate, UserCreated, UserQuery
from userctl.services.users.recycle_bin import BATCH, RecycleBinService

ADA = "ada@example.com"


@pytest.fixture
def recycle_bin(program: Program) -> RecycleBinService:
    return program.recycle_bin


def ids(recycle_bin: RecycleBinService, **query: object) -> list[int]:
    """Return the ids of the deleted accounts that a query finds."""
    return [user.id for user in recycle_bin.page(UserQuery.model_validate(query)).items]


def test_an_application_no_longer_sees_a_deleted_account(
    recycle_bin: RecycleBinService, ada: UserCreated, sql: Sql
) -> None:
    recycle_bin.delete([ADA])
    assert sql("SELECT * FROM users") == []
    assert [user.email for user in recycle_bin.page(UserQuery()).items] == [ADA]


def test_a_role_that_is_not_configured_any_longer_is_not_restored(
    program: Program, recycle_bin: RecycleBinService, ada: UserCreated, sql: Sql
) -> None:
    recycle_bin.delete([ADA])
    sql("UPDATE deleted_users SET role = 'editor'")
    with pytest.raises(
        InvalidInput, match="had the role 'editor', which is not configured"
    ) as info:
        recycle_bin.restore(ADA)
    assert "--role with one of: user, admin" in str(info.value.hint)
    with pytest.raises(InvalidInput, match="'editor' is not a configured role"):
        recycle_bin.restore(ADA, role="editor")
    assert recycle_bin.restore(ADA, role="admin").role == "admin"
    assert program.users.show(ADA).role == "admin"


def test_the_last_active_admin_cannot_be_deleted(program: Program) -> None:
    users, recycle_bin = program.users, program.recycle_bin
    users.create(UserCreate(email="root@example.com", role="admin"))
    users.create(UserCreate(email="off@example.com", role="admin"))
    program.user_status.disable("off@example.com")
    for hard in (False, True):
        with pytest.raises(LastAdmin):
            recycle_bin.delete(["root@example.com"], hard=hard)
    program.user_status.enable("off@example.com")
    recycle_bin.delete(["root@example.com"])
    with pytest.raises(UserNotFound):
        users.show("root@example.com")


def test_all_admins_at_once_cannot_be_deleted(program: Program) -> None:
    for name in ("one", "two"):
        program.users.create(UserCreate(email=f"{name}@example.com", role="admin"))
    with pytest.raises(LastAdmin):
        program.recycle_bin.delete(["one@example.com", "2"])
    assert program.users.show("1").email == "one@example.com"


def test_deleting_removes_all_accounts_or_none(program: Program, ada: UserCreated) -> None:
    with pytest.raises(UserNotFound, match=r"gone@example\.com"):
        program.recycle_bin.delete([ada.email, "gone@example.com"])
    assert program.users.show(ada.email).id == ada.id
    assert ids(program.recycle_bin) == []


def test_a_missing_account_can_be_accepted_when_deleting(
    recycle_bin: RecycleBinService, ada: UserCreated
) -> None:
    deleted = recycle_bin.delete([ada.email, "gone@example.com", "77"], missing_ok=True)
    assert [user.email for user in deleted] == [ada.email]
    assert recycle_bin.delete([ada.email], missing_ok=True) == []


def test_an_account_named_twice_is_deleted_once(
    recycle_bin: RecycleBinService, ada: UserCreated
) -> None:
    assert [user.id for user in recycle_bin.delete([ada.email, "1"])] == [1]


def test_deleting_an_account_deletes_its_tokens(program: Program, grant: Grant, sql: Sql) -> None:
    program.recycle_bin.delete(["1"])
    assert sql("SELECT count(*) FROM refresh_tokens") == [(0,)]
    with pytest.raises(TokenInvalid):
        program.token_exchange.refresh(grant.tokens.refresh_token)


def test_the_address_of_a_deleted_account_is_free_and_its_id_is_not(
    program: Program, ada: UserCreated
) -> None:
    program.recycle_bin.delete(["1"])
    assert program.users.create(UserCreate(email=ada.email)).id == 2


def test_a_restored_account_is_as_it_was(program: Program, ada: UserCreated) -> None:
    program.user_passwords.require_change(ADA)
    before = program.users.show(ADA)
    program.recycle_bin.delete([ADA])
    program.tools.clock.advance(hours=1)  # type: ignore[attr-defined]
    restored = program.recycle_bin.restore(ADA)
    assert restored == before.model_copy(update={"updated_at": program.tools.clock()})
    assert program.users.show(ADA) == restored
    assert ids(program.recycle_bin) == []


def test_a_restored_account_has_its_password_and_nothing_that_was_handed_out(
    program: Program, grant: Grant
) -> None:
    machine = program.api_tokens.issue(ApiTokenCreate(user=ADA, label="ci", expires_in=None))
    program.recycle_bin.delete([ADA])
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, PASSWORD)
    program.recycle_bin.restore("1")
    for refused in (
        lambda: program.token_exchange.refresh(grant.tokens.refresh_token),
        lambda: program.token_verifier.verify(grant.tokens.access_token),
        lambda: program.api_tokens.verify(machine.token),
    ):
        with pytest.raises((TokenInvalid, TokenRevoked)):
            refused()
    assert program.log_in(ADA, PASSWORD).user.id == 1


def test_a_disabled_account_comes_back_disabled_and_can_be_enabled(
    program: Program, ada: UserCreated
) -> None:
    program.user_status.disable(ADA)
    program.recycle_bin.delete([ADA])
    assert program.recycle_bin.restore(ADA).status == "disabled"
    program.user_status.enable(ADA)
    assert program.log_in(ADA, PASSWORD).user.id == 1


def test_an_address_that_is_taken_meanwhile_is_not_taken_back(
    program: Program, ada: UserCreated
) -> None:
    program.recycle_bin.delete([ADA])
    program.users.create(UserCreate(email=ADA))
    with pytest.raises(UserExists):
        program.recycle_bin.restore(ADA)
    assert ids(program.recycle_bin) == [1]
    restored = program.recycle_bin.restore(ADA, email="Ada2@Example.com")
    assert (restored.id, restored.email) == (1, "ada2@example.com")
    assert program.log_in("ada2@example.com", PASSWORD).user.id == 1


def test_an_address_that_several_had_wants_an_id(program: Program, ada: UserCreated) -> None:
    program.recycle_bin.delete([ADA])
    program.users.create(UserCreate(email=ADA))
    program.recycle_bin.delete([ADA])
    with pytest.raises(InvalidInput) as caught:
        program.recycle_bin.restore(ADA)
    assert caught.value.hint == "Use an id instead: 1, 2."
    assert program.recycle_bin.restore("2").id == 2
    with pytest.raises(InvalidEmail):
        program.recycle_bin.restore("1", email="nonsense")


def test_what_was_never_deleted_cannot_be_restored(program: Program, ada: UserCreated) -> None:
    for reference in (ADA, "1", "99", "9" * 30, "eve@example.com"):
        with pytest.raises(UserNotFound):
            program.recycle_bin.restore(reference)


def test_a_hard_deletion_leaves_nothing(program: Program, ada: UserCreated, sql: Sql) -> None:
    program.recycle_bin.delete([ADA], hard=True)
    assert ids(program.recycle_bin) == []
    assert sql("SELECT * FROM users") == []


def test_a_hard_deletion_reaches_what_was_deleted_before(
    program: Program, ada: UserCreated
) -> None:
    program.recycle_bin.delete([ADA])
    with pytest.raises(UserNotFound):
        program.recycle_bin.delete([ADA])
    assert [user.id for user in program.recycle_bin.delete([ADA, "1"], hard=True)] == [1]
    assert ids(program.recycle_bin) == []


def test_a_purge_takes_what_was_deleted_long_ago(
    program: Program, clock: FakeClock, ada: UserCreated
) -> None:
    recycle_bin, span = program.recycle_bin, timedelta(days=30)
    recycle_bin.delete([ADA])
    clock.advance(days=29)
    program.users.create(UserCreate(email="eve@example.com"))
    recycle_bin.delete(["eve@example.com"])
    assert recycle_bin.purge(span).purged == 0
    clock.advance(days=1, seconds=1)
    assert recycle_bin.purge(span, dry_run=True).purged == 1
    assert recycle_bin.purge(span, trust_clock=True).purged == 1
    assert ids(recycle_bin) == [2]
    with pytest.raises(UserNotFound):
        recycle_bin.restore(ADA)


def test_a_purge_goes_through_more_accounts_than_a_batch(program: Program, sql: Sql) -> None:
    sql(
        "INSERT INTO deleted_users (id, email, hashed_password, role, created_at, updated_at, "
        f"must_change_password, deleted_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
        f"SELECT i + 1 FROM n WHERE i < {BATCH + 5}) SELECT i, i || '@example.com', 'x', 'user', "
        "'2029-01-01 00:00:00', '2029-01-01 00:00:00', false, '2029-01-01 00:00:00' FROM n"
    )
    assert len(list(program.recycle_bin.stream(UserQuery()))) == BATCH + 5
    assert program.recycle_bin.purge(timedelta(), trust_clock=True).purged == BATCH + 5
    assert program.audit.verify().events == BATCH + 5


def test_a_clock_that_jumped_ahead_purges_nothing(
    program: Program, clock: FakeClock, ada: UserCreated
) -> None:
    program.users.create(UserCreate(email="eve@example.com"))
    program.recycle_bin.delete([ADA])
    clock.advance(days=365)
    with pytest.raises(ClockSuspect):
        program.recycle_bin.purge(timedelta(days=30))
    assert ids(program.recycle_bin) == [1]
    assert program.recycle_bin.purge(timedelta(days=30), trust_clock=True).purged == 1


def test_deleted_accounts_are_listed_and_searched_like_others(program: Program) -> None:
    for name, role in (("ada", "admin"), ("eve", "user"), ("a_b", "user"), ("bob", "admin")):
        program.users.create(UserCreate(email=f"{name}@example.com", name=name, role=role))
    program.users.create(UserCreate(email="root@example.com", role="admin"))
    program.user_status.disable("eve@example.com")
    recycle_bin = program.recycle_bin
    recycle_bin.delete(["1", "2", "3", "4"])
    assert ids(recycle_bin) == [1, 2, 3, 4]
    assert ids(recycle_bin, role="admin") == [1, 4]
    assert ids(recycle_bin, status="disabled") == [2]
    assert ids(recycle_bin, search="B@EX") == [3, 4]
    assert ids(recycle_bin, beginning="A_") == [3]
    assert ids(recycle_bin, after=1, limit=2) == [2, 3]
    assert recycle_bin.page(UserQuery(limit=3)).more
    assert not recycle_bin.page(UserQuery(limit=4)).more


def test_of_two_who_restore_an_account_at_once_one_does(
    database_url: str, program: Program, ada: UserCreated
) -> None:
    program.recycle_bin.delete([ADA])
    restore = [lambda other: other.recycle_bin.restore("1")] * 2
    assert type_names(run_at_once(database_url, *restore)) == ["UserNotFound", "UserRead"]


def test_an_account_that_is_restored_while_it_is_purged_is_there_or_gone(
    database_url: str, program: Program, ada: UserCreated, sql: Sql
) -> None:
    for _ in range(5):
        program.recycle_bin.delete(["1"])
        outcomes = run_at_once(
            database_url,
            lambda other: other.recycle_bin.restore("1"),
            lambda other: other.recycle_bin.purge(-timedelta(seconds=1), trust_clock=True),
        )
        restored = "UserRead" in type_names(outcomes)
        assert sql("SELECT count(*) FROM users") == [(int(restored),)]
        assert sql("SELECT count(*) FROM deleted_users") == [(0,)]
        if not restored:
            return


def test_an_id_that_a_table_gave_again_does_not_push_the_first_one_out(
    program: Program, ada: UserCreated, sql: Sql
) -> None:
    program.recycle_bin.delete([ADA])
    sql("INSERT INTO users (id, email, hashed_password) VALUES (1, 'eve@example.com', 'x')")
    with pytest.raises(UserExists, match="id 1"):
        program.recycle_bin.delete(["eve@example.com"])
    program.recycle_bin.delete(["1"], hard=True)
    assert ids(program.recycle_bin) == [1]
    sql("INSERT INTO users (id, email, hashed_password) VALUES (1, 'eve@example.com', 'x')")
    assert program.recycle_bin.restore(ADA).id not in {0, 1}
    assert program.users.show("1").email == "eve@example.com"
    assert program.log_in(ADA, PASSWORD).user.email == ADA


def test_the_first_account_may_have_the_id_0(program: Program, sql: Sql) -> None:
    sql("INSERT INTO users (id, email, hashed_password) VALUES (0, 'zero@example.com', 'x')")
    assert [user.id for user in program.recycle_bin.delete(["0"])] == [0]
    assert ids(program.recycle_bin) == [0]
    assert program.recycle_bin.restore("zero@example.com").id == 0


def test_a_hard_deletion_by_address_reaches_all_who_had_it(program: Program) -> None:
    for _ in range(2):
        program.users.create(UserCreate(email=ADA))
        program.recycle_bin.delete([ADA])
    program.users.create(UserCreate(email=ADA))
    deleted = program.recycle_bin.delete([ADA], hard=True)
    assert [user.id for user in deleted] == [3, 1, 2]
    assert ids(program.recycle_bin) == []


def test_tokens_end_with_their_account_though_no_foreign_key_counts(
    program: Program, grant: Grant, sql: Sql
) -> None:
    program.api_tokens.issue(ApiTokenCreate(user=ADA, label="ci", expires_in=None))
    if program.engine.dialect.name == "postgresql":
        sql("ALTER TABLE refresh_tokens DROP CONSTRAINT fk_refresh_tokens_user_id")
        sql("ALTER TABLE api_tokens DROP CONSTRAINT fk_api_tokens_user_id")
    else:
        with program.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    try:
        program.recycle_bin.delete([ADA])
        assert sql("SELECT count(*) FROM refresh_tokens") == [(0,)]
        assert sql("SELECT count(*) FROM api_tokens") == [(0,)]
    finally:
        if program.engine.dialect.name == "postgresql":
            for table in ("refresh_tokens", "api_tokens"):
                sql(f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_user_id FOREIGN KEY (user_id) "
                    "REFERENCES users (id) ON DELETE CASCADE")  # fmt: skip


def test_what_is_being_purged_cannot_be_restored(postgres_url: str, clock: FakeClock) -> None:
    with open_engine(postgres_url) as engine:
        program = Program(engine, clock)
        program.users.create(UserCreate(email=ADA))
        program.recycle_bin.delete([ADA])
        with program.database.writing() as uow:
            later = clock.now + timedelta(seconds=1)
            assert len(uow.deleted_users.lock_deleted_before(later, 10)) == 1
            with (
                psycopg.connect(postgres_url) as other,
                pytest.raises(psycopg.errors.LockNotAvailable),
            ):
                other.execute("SELECT 1 FROM deleted_users FOR UPDATE NOWAIT")
