"""The plans of the queries behind the hot service calls: none of them reads a whole table.

A page of accounts is neither read as a whole nor sorted: an index gives the order.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from tests.integration.conftest import NOW, PASSWORD, Program, Sql, open_engine
from tests.integration.repositories.filled import API_TEXT, Filled, fill
from tests.support.marks import DIALECTS
from tests.support.postgres import create_database
from userctl.core.errors import ClockSuspect
from userctl.db.schema.migrations import upgrade
from userctl.repositories.database_stats import DatabaseStatsRepository
from userctl.repositories.live_sessions import USER_AND_TOKENS
from userctl.schemas.audit import AuditQuery
from userctl.schemas.credentials import Credentials
from userctl.schemas.database import PurgeOptions
from userctl.schemas.session import Grant, SessionQuery
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserQuery
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services.shared.clock_check import check_clock

PURGE = PurgeOptions(older_than=timedelta(), batch_size=10, trust_clock=True)

CALLS: dict[str, Callable[[Program, Grant], object]] = {
    "user by email": lambda program, _: program.users.show("ada@example.com"),
    "user by id": lambda program, _: program.users.show("1"),
    "login": lambda program, _: program.log_in("ada@example.com"),
    "refresh": lambda program, grant: program.token_exchange.refresh(grant.tokens.refresh_token),
    "verify": lambda program, grant: look_up(program, grant),
    "revoke id": lambda program, _: program.revocation.revoke(["1"]),
    "revoke text": lambda program, grant: program.revocation.revoke_text(
        grant.tokens.refresh_token
    ),
    "revoke user": lambda program, _: program.revocation.revoke_matching(TokenQuery(user="1")),
    "purge": lambda program, _: program.purge.purge(PURGE),
    "count ended": lambda program, _: program.purge.purge(
        PURGE.model_copy(update={"dry_run": True})
    ),
    "clock evidence": lambda program, _: suspect_clock(program),
    "disable": lambda program, _: program.user_status.disable("1"),
    "delete": lambda program, _: program.recycle_bin.delete(["1"]),
    "delete for ever": lambda program, _: program.recycle_bin.delete(["1"], hard=True),
    "restore": lambda program, _: program.recycle_bin.restore("du77@example.com"),
    "next deleted": lambda program, _: program.recycle_bin.page(UserQuery(after=5000)),
    "purge of accounts": lambda program, _: program.recycle_bin.purge(
        timedelta(), trust_clock=True
    ),
    "tokens of a user": lambda program, _: program.token_list.page(TokenQuery(user="1")),
    "next users": lambda program, _: program.user_list.page(UserQuery(after=1000)),
    "next users by email": lambda program, _: program.user_list.page(
        UserQuery(sort="email", after=1000)
    ),
    "audit head": lambda program, _: program.audit.head(),
    "audit of a user": lambda program, _: program.audit.page(AuditQuery(user="ada@example.com")),
    "next audit of a user": lambda program, _: program.audit.page(AuditQuery(user="1", after=1)),
    "audit of a tag": lambda program, _: program.audit.page(AuditQuery(tag="account:login")),
    "next audit": lambda program, _: program.audit.page(AuditQuery(after=1)),
    "charge": lambda program, _: program.throttling.charge("ada@example.com", "s11"),
    "refund": lambda program, _: refund(program),
    "failed logins": lambda program, _: program.throttling.show("ada@example.com"),
    "unlock": lambda program, _: program.throttling.unlock("1"),
    "api token": lambda program, _: program.api_tokens.verify(API_TEXT),
    "login by api token": lambda program, _: program.log_in_with(
        "api-token", Credentials(secret=API_TEXT)
    ),
    "revoke api token": lambda program, _: program.revocation.revoke(["api-1"]),
    "revoke api token text": lambda program, _: program.revocation.revoke_text(API_TEXT),
    "api tokens of a user": lambda program, _: program.token_list.page(
        TokenQuery(user="1", kind="api")
    ),
    "next api tokens": lambda program, _: program.token_list.page(
        TokenQuery(after="api-1000", kind="api")
    ),
    "exchange that was cut off": lambda program, grant: program.token_exchange.was_exchanged(
        grant.tokens.refresh_token, REFRESH_TOKEN.generate()
    ),
    "import over accounts": lambda program, _: program.user_import.load(
        [FileRecord(1, ("email", "role"), ("u77@example.com", "user"))],
        on_conflict="update",
    ),
    "import of passwords": lambda program, _: program.user_import.load(
        [FileRecord(1, ("email", "password"), ("u77@example.com", PASSWORD))],
        on_conflict="skip",
    ),
    "sessions of a user": lambda program, _: program.session_list.page(SessionQuery(user="1")),
    "next sessions": lambda program, _: program.session_list.page(SessionQuery(after=1000)),
    "session": lambda program, _: program.session_list.show(session_of(program)),
    "end session": lambda program, _: program.session_end.end([session_of(program)]),
    "end of access tokens": lambda program, _: program.session_end.access_tokens_end([1, 2]),
    "end sessions of a user": lambda program, _: program.session_end.end_all("1"),
    "why": lambda program, _: program.access.explain("ada@example.com"),
    "why of an unknown address": lambda program, _: program.access.explain("adda@example.com"),
    "next tokens": lambda program, _: program.token_list.page(TokenQuery(after="1000")),
}


def refund(program: Program) -> None:
    """Charge a login and succeed with it."""
    charge = program.throttling.charge("ada@example.com", "s11")
    with program.database.writing() as uow:
        charge.refund(uow)


def look_up(program: Program, grant: Grant) -> None:
    """Send what the driver alone sends otherwise, where it is seen."""
    claims = program.token_verifier.verify(grant.tokens.access_token).claims
    with program.engine.connect() as connection:
        connection.execute(USER_AND_TOKENS, {"user": claims.uid, "family": claims.sid})


def session_of(program: Program) -> str:
    """Return the id of a session."""
    return program.session_list.page(SessionQuery(user="1")).items[0].id


def suspect_clock(program: Program) -> None:
    """Find a gap in what was written, and tokens that it puts at stake."""
    now = NOW + timedelta(days=400)
    with pytest.MonkeyPatch.context() as patch, program.database.reading() as uow:
        patch.setattr(DatabaseStatsRepository, "server_time", lambda _: None)
        with pytest.raises(ClockSuspect):
            check_clock(
                uow,
                now,
                timedelta(days=30),
                lambda uow, gap: uow.token_purge.has_expiring(
                    gap.start, now, created_before=gap.end
                ),
            )


@pytest.fixture(scope="session")
def filled_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A file to copy, because to fill one takes much longer."""
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    shutil.copy(migrated_sqlite, path)
    return Filled(str(path), fill(f"sqlite:///{path}"))


@pytest.fixture(scope="session")
def filled_postgres(postgres_server: str, worker_id: str) -> Filled:
    """The same as ``filled_sqlite``."""
    name = f"userctl_filled_{worker_id}"
    url = create_database(postgres_server, name)
    with open_engine(url) as engine:
        upgrade(engine)
    return Filled(name, fill(url))


@pytest.fixture(params=DIALECTS)
def copied(request: pytest.FixtureRequest) -> Filled:
    """What is copied, on each dialect in turn."""
    name = "filled_sqlite" if request.param == "sqlite" else "filled_postgres"
    filled: Filled = request.getfixturevalue(name)
    return filled


@pytest.fixture
def database_url(
    copied: Filled, request: pytest.FixtureRequest, worker_id: str, tmp_path: Path
) -> str:
    """The URL of a database with many rows."""
    if "/" in copied.name:
        path = tmp_path / "userctl.db"
        shutil.copy(copied.name, path)
        return f"sqlite:///{path}"
    server = request.getfixturevalue("postgres_server")
    return create_database(server, f"userctl_copied_{worker_id}", template=copied.name)


@pytest.fixture
def grant(copied: Filled) -> Grant:
    """The session of Ada."""
    return copied.grant


@pytest.fixture
def filled(program: Program) -> Program:
    """The services on such a database."""
    return program


Statement = tuple[str, Any]


@pytest.fixture
def statements(filled: Program) -> list[Statement]:
    """What the engine sends from now on, without insertions and questions about the server."""
    kinds = ("SELECT users", "SELECT deleted", "SELECT refresh", "SELECT api", "SELECT login",
             "SELECT audit", "SELECT count(*)",
             "SELECT max(", "SELECT min(", "SELECT coalesce(", "WITH", "UP", "DEL")  # fmt: skip
    sent: list[Statement] = []

    @event.listens_for(filled.engine, "before_cursor_execute")
    def keep(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.startswith(kinds):
            sent.append((statement, values))

    return sent


def whole_tables_read(connection: Connection, statement: str, values: Any) -> list[str]:
    """Return the steps of a plan that read a table or an index from end to end."""
    if connection.dialect.name == "sqlite":
        steps = sqlite_steps(connection, statement, values)
        return [step for step in steps if step.startswith("SCAN ")]
    steps_there = postgresql_steps(connection, statement, values)
    return [step["Node Type"] for step in steps_there if reads_everything(step)]


def sqlite_steps(connection: Connection, statement: str, values: Any) -> list[str]:
    """Return the steps of a plan of SQLite."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [row[3] for row in rows]


def postgresql_steps(connection: Connection, statement: str, values: Any) -> list[dict[str, Any]]:
    """Return the steps of a plan of PostgreSQL."""
    # A table that is small is read as a whole where it can be, which says nothing.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    [(plan,)] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    return [*nodes(plan[0]["Plan"])]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a plan of PostgreSQL."""
    yield plan
    for child in plan.get("Plans", []):
        # As for ``max(id)``, of which PostgreSQL reads one row at the end of an index.
        child["Is Limited"] = plan["Node Type"] == "Limit" and plan["Plan Rows"] == 1
        yield from nodes(child)


def reads_everything(node: dict[str, Any]) -> bool:
    """Tell whether a step of a plan of PostgreSQL reads a table or an index as a whole."""
    kind = node["Node Type"]
    is_one_end = node.get("Is Limited") and "Filter" not in node
    return kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in node and not is_one_end)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_no_query_reads_a_whole_table(
    filled: Program,
    grant: Grant,
    statements: list[Statement],
    call: Callable[[Program, Grant], object],
) -> None:
    call(filled, grant)
    sent = list(statements)
    assert sent
    with filled.engine.begin() as connection:
        found = {
            statement: whole_tables_read(connection, statement, values)
            for statement, values in sent
        }
    assert {statement: steps for statement, steps in found.items() if steps} == {}


BY_ID = "SEARCH users USING INTEGER PRIMARY KEY"
BY_EMAIL = "users USING INDEX sqlite_autoindex_users_1"
BY_ROLE = "SEARCH users USING INDEX ix_users_role"
BY_BEGINNING = f"SEARCH {BY_EMAIL} (email>? AND email<?)"
PATTERN = "ix_users_email_pattern"

# What is asked for, how SQLite finds it, and the index by which PostgreSQL does. The operators of a
# beginning are those that no other index serves, whatever the collation of the database.
PAGES: dict[str, tuple[UserQuery, str, str]] = {
    "first": (UserQuery(), "SCAN users", "users_pkey"),
    "last": (UserQuery(descending=True), "SCAN users", "users_pkey"),
    "next": (UserQuery(after=500), f"{BY_ID} (rowid>?)", "users_pkey"),
    "previous": (UserQuery(after=500, descending=True), f"{BY_ID} (rowid<?)", "users_pkey"),
    "by email": (UserQuery(sort="email"), f"SCAN {BY_EMAIL}", "uq_users_email"),
    "next by email": (
        UserQuery(sort="email", after=500),
        f"SEARCH {BY_EMAIL} (email>?)",
        "uq_users_email",
    ),
    "previous by email": (
        UserQuery(sort="email", after=500, descending=True),
        f"SEARCH {BY_EMAIL} (email<?)",
        "uq_users_email",
    ),
    "of a role": (UserQuery(role="admin"), f"{BY_ROLE} (role=?)", "ix_users_role"),
    "next of a role": (
        UserQuery(role="admin", after=11),
        f"{BY_ROLE} (role=? AND id>?)",
        "ix_users_role",
    ),
    "previous of a role": (
        UserQuery(role="admin", after=500, descending=True),
        f"{BY_ROLE} (role=? AND id<?)",
        "ix_users_role",
    ),
    "of a role and a status": (
        UserQuery(role="admin", status="active", after=11),
        f"{BY_ROLE} (role=? AND id>?)",
        "ix_users_role",
    ),
    "that must change their password": (UserQuery(must_change=True), "SCAN users", "users_pkey"),
    "next without a password": (
        UserQuery(no_password=True, after=500),
        f"{BY_ID} (rowid>?)",
        "users_pkey",
    ),
    "next of a domain": (
        UserQuery(domain="example.com", after=500),
        f"{BY_ID} (rowid>?)",
        "users_pkey",
    ),
    "of a role and a domain": (
        UserQuery(role="admin", domain="example.com", after=11),
        f"{BY_ROLE} (role=? AND id>?)",
        "ix_users_role",
    ),
    "next created since a time": (
        UserQuery(created_since=timedelta(days=7), after=500),
        f"{BY_ID} (rowid>?)",
        "users_pkey",
    ),
    "beginning": (UserQuery(beginning="u1", sort="email"), BY_BEGINNING, PATTERN),
    "next beginning": (UserQuery(beginning="u", sort="email", after=500), BY_BEGINNING, PATTERN),
    "previous beginning": (
        UserQuery(beginning="u", sort="email", after=500, descending=True),
        BY_BEGINNING,
        PATTERN,
    ),
    "beginning of a role": (
        UserQuery(beginning="u", sort="email", role="user", status="active"),
        BY_BEGINNING,
        PATTERN,
    ),
}


def plans_of_pages(
    program: Program,
    statements: list[Statement],
    plan_of: Callable[[Connection, str, Any], object],
) -> dict[str, object]:
    """Return the plan of each of ``PAGES``."""
    plans = {}
    for name, (query, _, _) in PAGES.items():
        program.user_list.page(query)
        with program.engine.begin() as connection:
            plans[name] = plan_of(connection, *statements[-1])
    return plans


def test_a_page_is_read_in_the_order_of_an_index_and_never_sorted(
    filled: Program, statements: list[Statement], sql: Sql
) -> None:
    if filled.engine.dialect.name == "postgresql":
        plans = plans_of_pages(filled, statements, index_scan)
        assert plans == {name: index for name, (_, _, index) in PAGES.items()}
        return
    expected = {name: [step] for name, (_, step, _) in PAGES.items()}
    assert plans_of_pages(filled, statements, sqlite_steps) == expected
    # Statistics may never have been collected, which PostgreSQL does by itself.
    sql("DELETE FROM sqlite_stat1")
    filled.engine.dispose()
    assert plans_of_pages(filled, statements, sqlite_steps) == expected


def index_scan(connection: Connection, statement: str, values: Any) -> str:
    """Return the index by which PostgreSQL finds the first rows, and require that it sorts none."""
    limit, read = postgresql_steps(connection, statement, values)
    assert (limit["Node Type"], read["Node Type"]) == ("Limit", "Index Scan")
    return str(read["Index Name"])


def test_throttled_users_are_found_by_the_windows_that_are_open(
    filled: Program, statements: list[Statement]
) -> None:
    filled.user_list.page(UserQuery(throttled=True, after=500))
    with filled.engine.begin() as connection:
        statement = statements[-1]
        if connection.dialect.name == "sqlite":
            assert sqlite_steps(connection, *statement) == [
                f"{BY_ID} (rowid>?)",
                "LIST SUBQUERY 1",
                "SEARCH login_throttles USING INDEX ix_login_throttles_expires_at (expires_at>?)",
            ]
            return
        steps = postgresql_steps(connection, *statement)
        assert not [step for step in steps if step["Node Type"] == "Seq Scan"]
        read = {step["Index Name"] for step in steps if "Index Name" in step}
        assert read == {"users_pkey", "ix_login_throttles_expires_at"}


def test_a_query_that_sorts_is_told_apart(filled: Program, statements: list[Statement]) -> None:
    filled.user_list.page(UserQuery(sort="name"))
    [(statement, values)] = statements
    with filled.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            assert "USE TEMP B-TREE FOR ORDER BY" in sqlite_steps(connection, statement, values)
        else:
            steps = postgresql_steps(connection, statement, values)
            assert "Sort" in [step["Node Type"] for step in steps]


def test_a_query_that_reads_a_whole_table_is_told_apart(
    filled: Program, statements: list[Statement]
) -> None:
    filled.user_list.page(UserQuery(search="ada", limit=None))
    [(statement, values)] = statements
    with filled.engine.begin() as connection:
        assert whole_tables_read(connection, statement, values)
