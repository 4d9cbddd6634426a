"""Ten jobs of an operator, each with the number of commands that it takes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, SECRET_KEY, Result, Userctl

ADA = "ada@example.com"
GRACE = "grace@example.com"


@dataclass
class Operator:
    """Types commands, which are counted."""

    userctl: Userctl
    commands: list[Sequence[str]] = field(default_factory=list)

    def __call__(self, line: str, *more: str, stdin: str = "", code: int = 0) -> Result:
        """Type a command, and expect an exit code."""
        words = [*line.split(), *more]
        self.commands.append(words)
        result = self.userctl(*words, stdin=stdin)
        assert result.code == code, result
        return result


@pytest.fixture
def operator(userctl: Userctl) -> Operator:
    """An operator of a database with an admin and another user."""
    userctl.create(ADA, "--role", "admin")
    userctl.create(GRACE)
    return Operator(userctl)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the operator keeps files."""
    folder = tmp_path / "files"
    folder.mkdir(mode=0o700)
    return folder


def test_a_user_cannot_log_in(operator: Operator) -> None:
    login = ("login", GRACE, "--password-stdin", "--no-store", "-o", "json")
    operator.userctl.extra["USERCTL_LOGIN_ATTEMPTS"] = "3"
    for _ in range(3):
        assert operator.userctl(*login, stdin="a wrong password 1").code == 4
    assert operator.userctl(*login, stdin=PASSWORD).code == 4

    found = operator(f"user why {GRACE} -o json").json
    assert found["verdict"] == "throttled"
    operator(found["advice"].removeprefix("userctl "))

    assert operator.userctl(*login, stdin=PASSWORD).code == 0
    assert len(operator.commands) == 2


def test_a_token_was_stolen(operator: Operator) -> None:
    stolen = operator.userctl.login(GRACE, "--no-store", "--client", "laptop")
    kept = operator.userctl.login(GRACE, "--no-store", "--client", "phone")

    sessions = operator(f"session list --user {GRACE} -o json").json
    [laptop] = [session for session in sessions if session["client"] == "laptop"]
    told = operator(f"session end {laptop['id']}")
    assert "access tokens stay valid until" in told.err.lower()

    refresh = ("token", "refresh", "--stdin", "-o", "json")
    assert operator.userctl(*refresh, stdin=stolen["refresh_token"]).code == 4
    assert operator.userctl(*refresh, stdin=kept["refresh_token"]).code == 0
    assert len(operator.commands) == 2


def test_the_nightly_purge_failed(operator: Operator) -> None:
    assert operator.userctl("db", "downgrade", "0007", "--yes").code == 0
    assert operator.userctl("token", "purge", "--quiet").code == 6

    found = operator("doctor --problems -o json", code=6)
    assert [problem["check"] for problem in json.loads(found.out)] == ["schema"]
    operator("db migrate")
    operator("token purge --quiet")

    assert len(operator.commands) == 3


def test_thirty_leave_and_two_are_misspelled(operator: Operator, folder: Path) -> None:
    names = [f"u{number:02}@example.com" for number in range(30)]
    (folder / "all.csv").write_text("email\n" + "\n".join(names) + "\n")
    operator.userctl("user", "import", str(folder / "all.csv"))
    leaving = folder / "leaving"
    leaving.write_text("\n".join(["u0o@example.com", *names[1:29], "u29@exmaple.com"]))

    refused = operator(f"user disable --yes --from-file {leaving}", code=3)
    assert "u0o@example.com" in refused.err
    assert "u29@exmaple.com" in refused.err
    assert "u29@example.com" in refused.err
    leaving.write_text("\n".join(names))
    operator(f"user disable --yes --from-file {leaving}")

    assert operator.userctl("user", "list", "--status", "disabled", "-q").out.count("\n") == 30
    assert len(operator.commands) == 2


@pytest.mark.parametrize("way", ["update", "import", "create"])
def test_who_made_this_admin(operator: Operator, folder: Path, way: str) -> None:
    act = replace(operator.userctl, extra=operator.userctl.extra | {"USERCTL_ACTOR": "mallory"})
    file = folder / "users.csv"
    file.write_text(f"email,role\n{GRACE},admin\n")
    if way == "create":
        operator.userctl("user", "delete", GRACE, "--hard", "--yes")
    ways = {
        "update": ("user", "update", GRACE, "--role", "admin"),
        "import": ("user", "import", str(file), "--on-conflict", "update"),
        "create": ("user", "create", GRACE, "--role", "admin", "--no-password"),
    }
    assert act(*ways[way]).code == 0

    events = operator(f"audit list --user {GRACE} --changed role -o json").json

    assert events[-1]["actor"] == "mallory"
    assert "admin" in json.dumps(events[-1]["detail"])
    assert len(operator.commands) == 1


def test_who_made_an_admin_that_a_copy_or_a_backup_brought(
    operator: Operator, folder: Path
) -> None:
    def act(name: str, *command: str) -> None:
        acting = operator.userctl.extra | {"USERCTL_ACTOR": name}
        assert replace(operator.userctl, extra=acting)(*command).code == 0

    def role_events() -> list[tuple[str, str]]:
        found = operator(f"audit list --user {GRACE} --changed role -o json").json
        return [(event["tag"], event["actor"]) for event in found[1:]]

    act("mallory", "user", "update", GRACE, "--role", "admin")
    backup = str(folder / "backup")
    act("cron", "db", "backup", backup)
    act("alice", "user", "update", GRACE, "--role", "user")
    assert role_events()[-1] == ("account:update", "alice")
    act("bob", "db", "restore", backup, "--yes")
    restored = [("account:update", "mallory"), ("database:restore", "bob")]
    assert role_events() == restored
    act("carol", "db", "copy", "--to", f"sqlite:///{folder}/copy.db")
    operator.userctl = replace(operator.userctl, database_url=f"sqlite:///{folder}/copy.db")
    assert role_events() == restored


def test_the_signing_key_leaked(operator: Operator) -> None:
    operator.userctl.keyring = True
    stolen = [operator.userctl("key", "generate", "-q").out.strip() for _ in range(2)]
    pair = operator.userctl.login(GRACE, "--no-store")

    operator("key rotate --compromised --yes")

    keys = operator.userctl("key", "list", "-o", "json").json
    assert {key["state"] for key in keys if key["kid"] in stolen} == {"retired"}
    verify = ("token", "verify", "--stdin")
    assert operator.userctl(*verify, stdin=pair["access_token"]).code == 4
    refresh = ("token", "refresh", "--stdin", "-o", "json")
    again = operator.userctl(*refresh, stdin=pair["refresh_token"]).json
    assert operator.userctl(*verify, stdin=again["access_token"]).code == 0
    assert len(operator.commands) == 1


def test_yesterday_comes_back(operator: Operator, folder: Path) -> None:
    backup = folder / "users.backup"
    assert operator.userctl("db", "backup", str(backup)).code == 0
    operator.userctl("user", "delete", GRACE, "--hard", "--yes")

    assert operator(f"db inspect {backup} -o json").json["users"] == 2
    operator(f"db restore {backup} --yes")

    assert operator.userctl("user", "show", GRACE).code == 0
    assert len(operator.commands) == 2


def test_the_users_move_to_postgresql(
    operator: Operator, bare_postgres_url: str, folder: Path
) -> None:
    pair = operator.userctl.login(GRACE, "--no-store")
    target = folder / "target"
    target.write_text(bare_postgres_url)
    target.chmod(0o600)

    operator(f"db copy --to @{target}")
    operator.userctl = replace(operator.userctl, database_url=bare_postgres_url)
    operator("doctor")

    made_admin = operator.userctl("audit", "list", "--user", ADA, "--changed", "role", "-o", "json")
    assert [event["detail"]["role"] for event in made_admin.json] == ["admin"]
    refresh = ("token", "refresh", "--stdin", "-o", "json")
    assert operator.userctl(*refresh, stdin=pair["refresh_token"]).code == 0
    assert len(operator.commands) == 2


def test_twenty_users_are_provisioned_twice(operator: Operator, folder: Path) -> None:
    file = folder / "users.csv"
    file.write_text("email\n" + "".join(f"u{number}@example.com\n" for number in range(20)))

    first = operator(f"user import {file} --on-conflict skip -o json").json
    again = operator(f"user import {file} --on-conflict skip -o json").json

    assert (first["created"], again["created"], again["skipped"]) == (20, 0, 20)
    assert len(operator.commands) == 2


def test_the_auditor_asks_for_the_trail(operator: Operator, folder: Path) -> None:
    operator.userctl("user", "disable", GRACE)
    file = folder / "trail.jsonl"

    operator("audit verify")
    operator(f"audit export {file}")
    summary = operator("audit summary --since 30d -o json").json

    assert "account:disable" in file.read_text()
    assert SECRET_KEY not in file.read_text()
    assert summary
    assert len(operator.commands) == 3
