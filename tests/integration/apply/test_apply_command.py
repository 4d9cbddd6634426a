"""``userctl apply``: its exit codes, what it prints, and the files that it writes."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from tests.integration.conftest import open_engine
from tests.support.cli import PASSWORD, Userctl
from userctl.repositories.declared_users import LOCK

ADA = "set: team\nusers:\n  - email: Ada@example.com\n    name: Ada\n    role: admin\n"
EVE = "  - email: eve@example.com\n    role: user\n"


def write(userctl: Userctl, content: str, name: str = "users.yaml") -> None:
    (userctl.home / name).write_text(content)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_check_exits_with_8_until_the_users_are_as_declared(userctl: Userctl) -> None:
    write(userctl, ADA + EVE)
    check = userctl("apply", "users.yaml", "--check")
    assert check.code == 8
    assert check.out.splitlines() == [
        "+ ada@example.com  name: Ada, role: admin, managed by: team",
        "+ eve@example.com  role: user, managed by: team",
        "Plan for the set team: 2 to create.",
    ]
    assert userctl("apply", "users.yaml", "--yes").code == 0
    assert userctl("apply", "users.yaml", "--check").code == 0


def test_a_second_run_changes_nothing_and_says_so(userctl: Userctl) -> None:
    write(userctl, ADA)
    assert userctl("apply", "users.yaml", "--yes").code == 0
    before = userctl("audit", "head", "-o", "json").json
    again = userctl("apply", "users.yaml")
    assert (again.code, again.out) == (0, "Plan for the set team: 1 unchanged.\n")
    assert again.err == "Nothing changed: the users are as they are declared.\n"
    assert userctl("audit", "head", "-o", "json").json == before


def test_a_change_shows_the_old_and_the_new_value(userctl: Userctl) -> None:
    write(userctl, ADA + EVE)
    userctl("apply", "users.yaml", "--yes")
    write(userctl, ADA.replace("Ada\n", "Countess\n"))
    applied = userctl("apply", "users.yaml", "--prune", "--yes")
    assert applied.out.splitlines() == [
        "~ ada@example.com  name: Ada → Countess",
        "- eve@example.com  status: active → disabled",
        "Plan for the set team: 1 to change, 1 to disable.",
    ]
    assert applied.err == "Applied 2 changes.\n"
    assert userctl("apply", "users.yaml", "--prune=delete", "--check").out.splitlines()[0] == (
        "- eve@example.com  deleted"
    )


def test_a_plan_is_data_with_json(userctl: Userctl) -> None:
    write(userctl, ADA)
    plan = userctl("apply", "users.yaml", "--check", "-o", "json")
    planned = json.loads(plan.out)
    [change] = planned["changes"]
    assert (plan.code, change["action"], change["email"]) == (8, "create", "ada@example.com")
    assert change["fields"][0] == {"field": "name", "old": None, "new": "Ada"}
    applied = userctl("apply", "users.yaml", "--yes", "-o", "json").json
    assert applied["digest"] == planned["digest"]


def test_off_a_terminal_a_change_needs_yes(userctl: Userctl) -> None:
    write(userctl, ADA)
    refused = userctl("apply", "users.yaml", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert userctl("user", "list", "-o", "json").json == []


def test_a_check_writes_no_event_and_waits_for_no_writer(local: Userctl) -> None:
    write(local, ADA)
    local("apply", "users.yaml", "--yes")
    before = local("audit", "head", "-o", "json").json
    write(local, ADA + EVE)
    with closing(sqlite3.connect(local.database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert local("apply", "users.yaml", "--check").code == 8
        other.execute("ROLLBACK")
    assert local("audit", "head", "-o", "json").json == before


@pytest.mark.parametrize(
    ("content", "options", "code", "slug"),
    [
        ("set: team\nusers:\n  - email: ada\n", [], 2, "declaration_invalid"),
        (ADA.replace("admin", "emperor"), [], 2, "declaration_invalid"),
        ("", [], 5, "declaration_incomplete"),
        ("set: team\nusers: []\n", [], 5, "declaration_incomplete"),
        (ADA, ["--set", "other"], 2, "invalid_input"),
        (ADA, ["--set", "of us"], 2, "invalid_input"),
        (ADA.replace("set: team\n", ""), ["--prune"], 2, "invalid_input"),
        (ADA, ["--max-removals", "200%"], 2, "invalid_input"),
        (ADA, ["--plan", "users.yaml"], 2, "invalid_input"),
        (ADA, ["--plan", "users.yaml", "--adopt"], 2, "invalid_input"),
        (ADA, ["--plan", "missing.json"], 9, "io_error"),
        (ADA.replace("Ada@", "by-hand@"), [], 5, "set_conflict"),
    ],
)
def test_what_is_refused_has_an_exit_code(
    userctl: Userctl, content: str, options: list[str], code: int, slug: str
) -> None:
    userctl.create("by-hand@example.com")
    write(userctl, content)
    refused = userctl("apply", "users.yaml", "--yes", *options, "-o", "json")
    assert (refused.code, json.loads(refused.err)["error"]["code"]) == (code, slug)
    assert len(userctl("user", "list", "-o", "json").json) == 1


def test_a_database_that_is_missing_ends_a_check_with_6(local: Userctl) -> None:
    write(local, ADA)
    local.database_file.unlink()
    assert local("apply", "users.yaml", "--check").code == 6


def test_a_check_of_too_many_removals_shows_the_plan_and_exits_with_5(userctl: Userctl) -> None:
    many = [f"  - email: u{number}@example.com\n" for number in range(8)]
    write(userctl, f"set: team\nusers:\n{''.join(many)}")
    assert userctl("apply", "users.yaml", "--yes").code == 0
    write(userctl, f"set: team\nusers:\n{''.join(many[:2])}")
    refused = userctl("apply", "users.yaml", "--prune", "--check")
    assert (refused.code, refused.out.count("\n- ")) == (5, 5)
    assert "--max-removals 6" in refused.err
    for limit in ("6", "80%"):
        check = userctl("apply", "users.yaml", "--prune", "--check", "--max-removals", limit)
        assert check.code == 8


def test_all_problems_are_told_at_once_with_their_places(userctl: Userctl) -> None:
    write(userctl, "set: team\nusers:\n  - email: a@example.com\n    role: x\n"
                 "  - email: b@example.com\n    role: y\n")  # fmt: skip
    refused = userctl("apply", "users.yaml", "--check")
    places = [line.partition(" ")[0] for line in refused.err.splitlines()[:2]]
    assert places == ["users.yaml:3:5:", "users.yaml:5:5:"]


def test_a_plan_that_was_written_is_applied_exactly_once(userctl: Userctl) -> None:
    write(userctl, ADA.replace("role", "generate: true\n    role"))
    planned = userctl("apply", "users.yaml", "--plan-out", "plan.json")
    assert (planned.code, mode(userctl.home / "plan.json")) == (0, 0o600)
    assert userctl("user", "list", "-o", "json").json == []
    applied = userctl("apply", "users.yaml", "--plan", "plan.json", "-o", "json")
    assert applied.code == 0
    secret = applied.json["generated_passwords"][0]["password"]
    assert secret not in (userctl.home / "plan.json").read_text()
    again = userctl("apply", "users.yaml", "--plan", "plan.json", "-o", "json")
    assert (again.code, again.error["code"]) == (5, "plan_stale")


def test_a_plan_is_stale_once_the_file_or_a_row_has_changed(userctl: Userctl) -> None:
    write(userctl, ADA)
    userctl("apply", "users.yaml", "--yes")
    write(userctl, ADA.replace("Ada\n", "Countess\n"))
    assert userctl("apply", "users.yaml", "--plan-out", "plan.json").code == 0
    write(userctl, ADA.replace("Ada\n", "Duchess\n"))
    other = userctl("apply", "users.yaml", "--plan", "plan.json", "-o", "json")
    assert other.error["code"] == "plan_stale"
    write(userctl, ADA.replace("Ada\n", "Countess\n"))
    userctl("user", "disable", "ada@example.com")
    userctl("user", "update", "ada@example.com", "--name", "Eve")
    drifted = userctl("apply", "users.yaml", "--plan", "plan.json", "-o", "json")
    assert (drifted.code, drifted.error["code"]) == (5, "plan_stale")


def test_new_api_tokens_are_written_to_a_private_file(userctl: Userctl) -> None:
    write(userctl, ADA + "    api_tokens:\n      - label: ci\n        scope: [deploy]\n")
    applied = userctl("apply", "users.yaml", "--yes", "--tokens-out", "tokens.json")
    assert (applied.code, mode(userctl.home / "tokens.json")) == (0, 0o600)
    [token] = json.loads((userctl.home / "tokens.json").read_text())
    assert token["token"] not in applied.out
    assert userctl("token", "verify", "--stdin", stdin=token["token"]).code == 0
    assert userctl("apply", "users.yaml", "--yes", "--tokens-out", "tokens.json").code == 0


def test_a_file_of_tokens_is_not_replaced(userctl: Userctl) -> None:
    write(userctl, ADA + "    api_tokens:\n      - label: ci\n")
    write(userctl, "precious", "tokens.json")
    refused = userctl("apply", "users.yaml", "--yes", "--tokens-out", "tokens.json", "-o", "json")
    assert (refused.code, refused.error["code"]) == (5, "file_exists")
    assert (userctl.home / "tokens.json").read_text() == "precious"
    assert userctl("user", "list", "-o", "json").json == []


def test_a_secret_that_would_not_be_printed_is_not_made(userctl: Userctl) -> None:
    write(userctl, ADA.replace("role", "generate: true\n    role"))
    assert userctl("apply", "users.yaml", "--yes", "--quiet").code == 2
    assert userctl("user", "list", "-o", "json").json == []
    applied = userctl("apply", "users.yaml", "--yes").out.splitlines()
    assert applied[-1].startswith("ada@example.com  password: ")


def test_the_schema_is_printed_without_a_database(local: Userctl) -> None:
    local.database_file.unlink()
    schema = local("apply", "--schema")
    assert (schema.code, json.loads(schema.out)["type"]) == (0, "object")
    assert local("apply").code == 2


def test_a_declaration_is_read_from_standard_input_and_from_folders(userctl: Userctl) -> None:
    assert userctl("apply", "-", "--yes", stdin=ADA).code == 0
    (userctl.home / "team").mkdir()
    write(userctl, ADA, "team/admins.yaml")
    write(userctl, "set: team\nusers:\n" + EVE, "team/users.yml")
    assert userctl("apply", "team", "--yes").out.splitlines()[0] == (
        "+ eve@example.com  role: user, managed by: team"
    )


def test_hostile_values_of_a_database_are_shown_as_text(local: Userctl) -> None:
    write(local, ADA)
    local("apply", "users.yaml", "--yes")
    with closing(sqlite3.connect(local.database_file)) as other:
        other.execute("UPDATE users SET name = ?", ("\x1b[31mred",))
        other.commit()
    shown = local("apply", "users.yaml", "--check").out
    assert "name: \\x1b[31mred → Ada" in shown


def test_a_check_locks_nothing_on_postgresql(postgres_url: str, home: Path) -> None:
    program = Userctl(home, postgres_url)
    write(program, ADA)
    assert program("apply", "users.yaml", "--yes").code == 0
    write(program, ADA + EVE)
    with open_engine(postgres_url) as engine, engine.begin() as connection:
        # It lets others read, and nothing else.
        connection.execute(text("LOCK TABLE users, api_tokens IN EXCLUSIVE MODE"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        assert program("apply", "users.yaml", "--check").code == 8


def test_a_check_needs_only_the_privilege_to_read(postgres_url: str, home: Path) -> None:
    write(Userctl(home, postgres_url), ADA)
    # A role belongs to all databases of the server, which other workers use too.
    role = f"reader_{postgres_url.rpartition('?')[0].rpartition('/')[2]}"
    scheme, _, rest = postgres_url.partition("://")
    reader = Userctl(home, f"{scheme}://{role}@{rest.rpartition('@')[2]}")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute(f"CREATE ROLE {role} LOGIN")
        try:
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            assert reader("apply", "users.yaml", "--check").code == 8
            assert reader("apply", "users.yaml", "--yes").code == 6
        finally:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


def test_a_password_is_read_from_a_private_file_beside_the_declaration(userctl: Userctl) -> None:
    (userctl.home / "team").mkdir()
    secret = userctl.home / "team" / "ada.password"
    secret.write_text(f"{PASSWORD}\n")
    secret.chmod(0o644)
    write(userctl, f"{ADA}    password_file: ada.password\n", "team/users.yaml")
    refused = userctl("apply", "team", "--yes")
    assert (refused.code, "can be read or written by others" in refused.err) == (2, True)
    secret.chmod(0o600)
    assert userctl("apply", "team", "--yes").code == 0
    assert userctl("login", "ada@example.com", "--password-stdin", stdin=PASSWORD).code == 0


def test_a_plan_needs_no_secret(userctl: Userctl) -> None:
    write(userctl, f"{ADA}    password_env: NOT_SET\n")
    assert userctl("apply", "users.yaml", "--check").code == 8
    refused = userctl("apply", "users.yaml", "--yes")
    assert refused.err.splitlines()[0] == (
        "users.yaml:3:5: The environment variable 'NOT_SET' is not set."
    )


def test_what_a_set_did_moves_to_another_database_with_the_users(userctl: Userctl) -> None:
    ada = ADA.replace("admin", "user")
    write(userctl, ada + EVE)
    assert userctl("apply", "users.yaml", "--yes").code == 0
    write(
        userctl, ada.replace("email: Ada", "previous_emails: [ada@example.com]\n    email: b.ada")
    )
    assert userctl("apply", "users.yaml", "--yes").code == 0
    assert userctl("user", "export", "users.jsonl").code == 0
    for email in ("b.ada@example.com", "eve@example.com"):
        assert userctl("user", "delete", email, "--hard", "--yes").code == 0
    assert userctl("user", "import", "users.jsonl").code == 0
    users = userctl("user", "list", "-o", "json").json
    assert [(user["managed_by"], user["previous_email"]) for user in users] == [
        ("team", "ada@example.com"), ("team", None)
    ]  # fmt: skip
    assert userctl("apply", "users.yaml", "--check").code == 0


def test_what_another_program_stored_is_no_hindrance(local: Userctl) -> None:
    write(local, ADA)
    local("apply", "users.yaml", "--yes")
    with closing(sqlite3.connect(local.database_file)) as other:
        other.execute(
            "UPDATE users SET name = X'ff', password_version = 'two', previous_email = X'ff'"
        )
        other.commit()
    write(local, ADA.replace("role", "generate: true\n    password_version: 1\n    role"))
    applied = local("apply", "users.yaml", "--yes")
    assert applied.code == 0, applied.err
    assert local("apply", "users.yaml", "--check").code == 0
