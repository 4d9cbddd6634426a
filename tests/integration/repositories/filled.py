"""Databases with so many rows that a plan shows what it would read of them."""

from dataclasses import dataclass

from sqlalchemy import Engine

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql, open_engine, sql_on
from tests.support.postgres import TABLES
from userctl.schemas.session import Grant
from userctl.schemas.users import UserCreate
from userctl.security.opaque_token import API_TOKEN

NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"

API_TEXT = API_TOKEN.generate()


@dataclass(frozen=True)
class Filled:
    """A database to copy, and the session of Ada in it.

    Attributes:
        name: the file of an SQLite database, or the name of one of PostgreSQL.
        grant: the session.
    """

    name: str
    grant: Grant


def fill(url: str) -> Grant:
    """Insert some two thousand rows in each table; a few users are admins, a few others expired."""
    with open_engine(url) as engine:
        program, sql = Program(engine, FakeClock()), sql_on(engine)
        program.users.create(UserCreate(email="ada@example.com", name="Ada", password=PASSWORD))
        grant = program.log_in("ada@example.com")
        insert_rows(engine, sql)
    return grant


def insert_rows(engine: Engine, sql: Sql) -> None:
    """Insert them as another program would."""
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
    sql(
        "INSERT INTO audit_events (id, time, tag, actor, machine, user_id, detail, hash) "
        f"{NUMBERS} SELECT i, '2029-12-31 00:00:00', CASE WHEN i < 15 THEN 'account:login:success' "
        "ELSE 'token:refresh:success' END, 'a', 'b', i, '{}', 'x' FROM n"
    )
    for ids, year in (("i < 15", 2029), ("i >= 15", 2031)):
        sql(
            "INSERT INTO deleted_users (id, email, hashed_password, role, created_at, updated_at, "
            f"must_change_password, deleted_at) {NUMBERS} SELECT i + 5000, 'du' || i || "
            "'@example.com', 'x', 'user', '2029-01-01 00:00:00', '2029-01-01 00:00:00', "
            f"false, '{year}-01-01 00:00:00' FROM n WHERE {ids}"
        )
    sql("UPDATE refresh_tokens SET origin = 'api-' || id WHERE id % 10 = 0")
    # Without names PostgreSQL would look at its catalogue too, which takes ten times as long.
    names = "" if engine.dialect.name == "sqlite" else ", ".join(TABLES)
    sql(f"ANALYZE {names}")
