"""The plans of the queries behind the hot service calls: none of them reads a whole table."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from tests.integration.conftest import Program, Sql
from userctl.schemas import Credentials, PurgeOrder, TokenQuery, UserQuery
from userctl.security.opaque_token import API_TOKEN, REFRESH_TOKEN
from userctl.services.tokens import Grant

NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"

API_TEXT = API_TOKEN.draw()
PURGE = PurgeOrder(older_than=timedelta(), batch_size=10, trust_clock=True)

CALLS: dict[str, Callable[[Program, Grant], object]] = {
    "user by email": lambda program, _: program.accounts.show("ada@example.com"),
    "user by id": lambda program, _: program.accounts.show("1"),
    "login": lambda program, _: program.log_in("ada@example.com"),
    "refresh": lambda program, grant: program.tokens.refresh(grant.tokens.refresh_token),
    "verify": lambda program, grant: program.tokens.verify(grant.tokens.access_token),
    "revoke id": lambda program, _: program.revocation.revoke(["1"]),
    "revoke text": lambda program, grant: program.revocation.revoke_text(
        grant.tokens.refresh_token
    ),
    "revoke user": lambda program, _: program.revocation.revoke_matching(TokenQuery(user="1")),
    "purge": lambda program, _: program.purge.purge(PURGE),
    "count ended": lambda program, _: program.purge.purge(
        PURGE.model_copy(update={"dry_run": True})
    ),
    "clock evidence": lambda program, _: program.purge.purge(
        PURGE.model_copy(update={"older_than": timedelta(days=366), "trust_clock": False})
    ),
    "disable": lambda program, _: program.accounts.disable("1"),
    "delete": lambda program, _: program.accounts.delete(["1"]),
    "tokens of a user": lambda program, _: program.token_list.page(TokenQuery(user="1")),
    "next users": lambda program, _: program.accounts.page(UserQuery(after=1000)),
    "next users by email": lambda program, _: program.accounts.page(
        UserQuery(sort="email", after=1000)
    ),
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
    "exchange that was cut off": lambda program, grant: program.tokens.was_exchanged(
        grant.tokens.refresh_token, REFRESH_TOKEN.draw()
    ),
    "next tokens": lambda program, _: program.token_list.page(TokenQuery(after="1000")),
}


def refund(program: Program) -> None:
    """Charge a login and succeed with it."""
    charge = program.throttling.charge("ada@example.com", "s11")
    with program.database.writing() as uow:
        charge.refund(uow)


@pytest.fixture
def filled(program: Program, grant: Grant, sql: Sql) -> Program:
    """Some two thousand rows in each table; a few accounts are admins, a few others expired."""
    sql(
        f"INSERT INTO users (id, email, hashed_password, role) {NUMBERS} "
        "SELECT i, 'u' || i || '@example.com', 'x', "
        "CASE WHEN i < 13 THEN 'admin' ELSE 'user' END FROM n"
    )
    for ids, year in (("i < 15", 2029), ("i >= 15", 2031)):
        sql(
            f"INSERT INTO refresh_tokens (token, user_id, family_id, expires_at) {NUMBERS} "
            f"SELECT 't' || i, i, 'f' || i, '{year}-01-01 00:00:00' FROM n WHERE {ids}"
        )
        sql(
            "INSERT INTO login_throttles (address, source, charges, window_ends_at, charged_at, "
            f"expires_at) {NUMBERS} SELECT 'a' || i, 's' || i, 1, '{year}-01-01 00:00:00', "
            f"'{year}-01-01 00:00:00', '{year}-01-01 00:00:00' FROM n WHERE {ids}"
        )
    sql(
        "INSERT INTO api_tokens (id, token, user_id, label, scope, created_at) "
        "VALUES (1, :token, 1, 'ci', '', '2029-12-31 00:00:00')",
        token=API_TOKEN.digest(API_TEXT),
    )
    sql(
        f"INSERT INTO api_tokens (id, token, user_id, label, scope, created_at) {NUMBERS} "
        "SELECT i, 't' || i, i, 'ci', '', '2029-12-31 00:00:00' FROM n"
    )
    sql("UPDATE api_tokens SET expires_at = '2029-01-01 00:00:00' WHERE id BETWEEN 1100 AND 1110")
    sql("UPDATE api_tokens SET revoked_at = '2029-01-01 00:00:00' WHERE id BETWEEN 1105 AND 1115")
    sql("UPDATE refresh_tokens SET origin = 'api-' || id WHERE id % 10 = 0")
    sql("ANALYZE")
    return program


Statement = tuple[str, Any]


@pytest.fixture
def statements(filled: Program) -> list[Statement]:
    """What the engine sends from now on, without insertions and questions about the server."""
    kinds = ("SELECT users", "SELECT refresh", "SELECT api", "SELECT login", "SELECT count(*)",
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
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [step[3] for step in steps if step[3].startswith("SCAN ")]
    # A table that is small is read as a whole where it can be, which says nothing.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    [(plan,)] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    return [node["Node Type"] for node in nodes(plan[0]["Plan"]) if reads_everything(node)]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a plan of PostgreSQL."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def reads_everything(node: dict[str, Any]) -> bool:
    """Tell whether a step of a plan of PostgreSQL reads a table or an index as a whole."""
    kind = node["Node Type"]
    return kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in node)


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


def test_a_query_that_reads_a_whole_table_is_told_apart(
    filled: Program, statements: list[Statement]
) -> None:
    filled.accounts.page(UserQuery(search="ada", limit=None))
    [(statement, values)] = statements
    with filled.engine.begin() as connection:
        assert whole_tables_read(connection, statement, values)
