"""Row level security: what a role may not see wholly is an error, and never an empty answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine

from tests.integration.conftest import FakeClock, Program, Sql, sql_on, with_options
from tests.support.cli import PASSWORD, Userctl
from userctl.models import TABLES
from userctl.schemas.users import UserCreate

ADA = "ada@example.com"


@pytest.fixture
def postgres_sql(postgres_engine: Engine) -> Sql:
    return sql_on(postgres_engine)


@pytest.fixture
def role(postgres_url: str, postgres_sql: Sql) -> Iterator[str]:
    """A role that may do everything with the rows that a policy lets it see."""
    # Roles belong to the server, which all workers share.
    name = f"limited_{urlsplit(postgres_url).path[1:]}"
    for objects in ("TABLES", "SEQUENCES"):
        postgres_sql(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN "
            f"CREATE ROLE {name}; END IF; GRANT ALL ON ALL {objects} IN SCHEMA public TO {name}; "
            "END $$"
        )
    yield name
    for table in (*TABLES, "userctl_version"):
        postgres_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY")
    postgres_sql("DROP POLICY IF EXISTS own_rows ON users")
    postgres_sql(f"DROP OWNED BY {name}")
    postgres_sql(f"DROP ROLE {name}")


@pytest.fixture
def limited(home: Path, postgres_url: str, postgres_engine: Engine, role: str) -> Userctl:
    """Userctl as that role, after the owner of the tables created a user."""
    Program(postgres_engine, FakeClock()).users.create(UserCreate(email=ADA, role="admin"))
    url = with_options(postgres_url, role=role)
    return Userctl(home, url, extra={"USERCTL_OUTPUT": "json"})


def require_hidden(userctl: Userctl, table: str, *commands: str) -> None:
    """Make sure that commands say that rows of a table are hidden."""
    for command in commands:
        result = userctl(*command.split(), stdin=PASSWORD)
        assert (command, result.code) == (command, 6)
        assert result.error["code"] == "database_access_denied"
        assert f'"{table}"' in result.error["message"]
        assert "BYPASSRLS" in result.error["hint"]


def examine(userctl: Userctl) -> dict[str, dict[str, Any]]:
    """Return what the doctor finds, by the names of the checks."""
    return {check["check"]: check for check in json.loads(userctl("doctor").out)}


@pytest.mark.parametrize(
    ("table", "commands"),
    [
        (
            "users",
            [
                "user list",
                "user show 1",
                "user export --format jsonl",
                "user update 1 --name Ada",
                "user delete 1 --yes",
                "login ada@example.com --password-stdin",
                "db copy --to sqlite:///copy.db",
                "db stats",
                "token list",
            ],
        ),
        ("refresh_tokens", ["token purge --yes", "token list", "token revoke --user 1 --yes"]),
        ("audit_events", ["audit verify", "audit list", "db stats"]),
        ("deleted_users", ["user list --deleted", "user purge --yes", "user restore 1"]),
        ("login_throttles", ["login ada@example.com --password-stdin"]),
        ("userctl_version", ["user list", "db status", "db migrate", "audit verify"]),
    ],
)
def test_what_a_policy_hides_is_an_error_and_never_missing(
    limited: Userctl, postgres_sql: Sql, table: str, commands: list[str]
) -> None:
    postgres_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    require_hidden(limited, table, *commands)


def test_a_policy_that_shows_some_rows_hides_the_others(
    limited: Userctl, postgres_sql: Sql
) -> None:
    postgres_sql("CREATE POLICY own_rows ON users USING (id = 2)")
    postgres_sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    require_hidden(limited, "users", "user list", "user create eve@example.com --password-stdin")


def test_a_policy_is_forced_on_the_owner_too(
    limited: Userctl, postgres_sql: Sql, role: str
) -> None:
    postgres_sql(f"ALTER TABLE users OWNER TO {role}")
    try:
        postgres_sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
        assert [user["email"] for user in limited("user", "list", "-o", "json").json] == [ADA]
        postgres_sql("ALTER TABLE users FORCE ROW LEVEL SECURITY")
        require_hidden(limited, "users", "user list")
    finally:
        postgres_sql("ALTER TABLE users OWNER TO CURRENT_USER")


def test_a_role_that_bypasses_policies_sees_all_rows(
    limited: Userctl, postgres_sql: Sql, role: str
) -> None:
    postgres_sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    postgres_sql(f"ALTER ROLE {role} BYPASSRLS")
    assert [user["email"] for user in limited("user", "list", "-o", "json").json] == [ADA]
    found = examine(limited)
    # Without the power to bypass policies, the role could not work.
    assert (found["row_security"]["status"], found["role"]["status"]) == ("ok", "ok")


def test_the_doctor_names_the_tables_in_which_rows_are_hidden(
    limited: Userctl, postgres_sql: Sql
) -> None:
    for table in ("users", "audit_events"):
        postgres_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    found = examine(limited)["row_security"]
    assert found["status"] == "failure"
    assert "audit_events, users" in found["message"]
    assert "BYPASSRLS" in found["advice"]
