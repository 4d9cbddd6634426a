"""Commands without a home folder, and with the wrong one."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, SECRET_KEY, Userctl

ADA = "ada@example.com"

# Every command that reads, changes or deletes, with all that it needs to get to the database.
WITHOUT_A_REASON_TO_CREATE = [
    ("user", "list"),
    ("user", "show", ADA),
    ("user", "update", ADA, "--name", "Ada"),
    ("user", "passwd", ADA, "--generate-password"),
    ("user", "disable", ADA),
    ("user", "enable", ADA),
    ("user", "unlock", ADA),
    ("user", "delete", ADA, "--yes"),
    ("user", "restore", ADA),
    ("user", "purge", "--older-than", "1d", "--yes"),
    ("user", "export", "good.jsonl", "--force"),
    ("login", ADA, "--password-stdin"),
    ("login", ADA, "--password-stdin", "--no-store"),
    ("token", "list"),
    ("token", "issue", "--user", ADA, "--label", "ci"),
    ("token", "revoke", "--all", "--yes"),
    ("token", "purge"),
    ("token", "verify", "--stdin"),
    ("token", "refresh", "--stdin"),
    ("key", "list"),
    ("key", "rotate"),
    ("key", "jwks"),
    ("key", "import", "--stdin"),
    ("audit", "list"),
    ("audit", "head"),
    ("audit", "verify"),
    ("audit", "export", "good.jsonl", "--force"),
    ("db", "stats"),
    ("db", "vacuum"),
    ("db", "adopt", "--yes"),
    ("db", "backup", "good.jsonl", "--force"),
    ("db", "copy", "--to", "sqlite:///copy.db"),
    ("db", "downgrade", "0001", "--yes"),
    ("metrics",),
    ("health",),
    ("doctor",),
]


class Homeless(Userctl):
    """Userctl of a user whose home folder is not known."""

    @property
    def environment(self) -> dict[str, str]:
        environment = super().environment
        del environment["HOME"]
        return environment | self.extra


@pytest.fixture
def homeless(home: Path, monkeypatch: pytest.MonkeyPatch) -> Homeless:
    def unknown(_uid: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    return Homeless(home, None)


@pytest.fixture
def good(home: Path) -> Path:
    """A file that commands may replace by what they export."""
    file = home / "good.jsonl"
    file.write_text('{"email": "ada@example.com"}\n')
    return file


@pytest.mark.parametrize("command", WITHOUT_A_REASON_TO_CREATE, ids=" ".join)
def test_with_the_wrong_home_nothing_is_created_or_replaced(
    embedded: Userctl, good: Path, command: Sequence[str]
) -> None:
    before = good.read_text()
    result = embedded(*command, stdin=PASSWORD)
    assert result.code == 6, (result.out, result.err)
    said = result.out + result.err
    assert f"{embedded.home}/.local/share/userctl/userctl.db" in said
    assert f"HOME is {embedded.home}" in said
    assert good.read_text() == before
    assert [path.name for path in embedded.home.iterdir()] == [good.name]


def test_what_is_said_names_the_variable_that_decided(embedded: Userctl) -> None:
    embedded.extra["XDG_DATA_HOME"] = str(embedded.home / "data")
    error = embedded("user", "list", "-o", "json").error
    assert error["code"] == "database_missing"
    assert f"(XDG_DATA_HOME is {embedded.home}/data)" in error["message"]
    assert "'userctl db migrate'" in error["hint"]


def test_a_variable_that_does_not_count_is_not_named(embedded: Userctl) -> None:
    embedded.extra["XDG_DATA_HOME"] = "relative"
    message = embedded("user", "list", "-o", "json").error["message"]
    assert f"(HOME is {embedded.home})" in message


def test_with_a_device_as_home_what_needs_none_works(embedded: Userctl, sqlite_url: str) -> None:
    embedded.extra |= {"HOME": "/dev/null", "USERCTL_DATABASE_URL": sqlite_url}
    assert embedded("user", "list").code == 0
    result = embedded("whoami")
    assert (result.code, "Not a directory" in result.err) == (9, True)


@pytest.mark.parametrize(
    "command",
    [
        ("user", "create", ADA, "--no-password"),
        ("user", "import", "good.jsonl"),
        ("key", "generate"),
        ("db", "migrate"),
    ],
    ids=" ".join,
)
def test_what_has_a_reason_to_creates_the_embedded_database(
    embedded: Userctl, good: Path, command: Sequence[str]
) -> None:
    assert embedded(*command).code == 0, good
    database = embedded.home / ".local/share/userctl/userctl.db"
    assert database.stat().st_mode & 0o777 == 0o600
    assert database.parent.stat().st_mode & 0o777 == 0o700
    assert embedded("user", "list").code == 0


@pytest.mark.parametrize(
    "records", [["a@x.org", "b@x.org"], ["a@x.org", "bad", "A@x.org", "b@x.org"]]
)
@pytest.mark.parametrize("options", [[], ["--partial"], ["--on-conflict", "update"]])
def test_a_dry_run_without_a_database_says_what_the_import_then_does(
    embedded: Userctl, records: Sequence[str], options: Sequence[str]
) -> None:
    lines = (f"{email},correct horse {number}" for number, email in enumerate(records))
    (embedded.home / "new.csv").write_text("\n".join(["email,password", *lines, ""]))
    command = ("user", "import", "new.csv", *options, "-o", "json")
    dry = embedded(*command, "--dry-run")
    assert f"no database at {embedded.home}/.local/share/userctl/userctl.db yet" in dry.err
    assert [path.name for path in embedded.home.iterdir()] == ["new.csv"]
    real = embedded(*command)
    assert dry.code == real.code
    assert dry.out == real.out.replace('"dry_run": false', '"dry_run": true')
    rejected = [line for line in real.err.splitlines() if line.startswith("line ")]
    assert [line for line in dry.err.splitlines() if line.startswith("line ")] == rejected


def test_a_dry_run_does_not_do_without_a_database_that_was_chosen(
    embedded: Userctl, good: Path
) -> None:
    embedded.extra["USERCTL_DATABASE_URL"] = "sqlite:///mistyped.db"
    result = embedded("user", "import", good.name, "--dry-run", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "database_missing")


def test_a_rejected_command_creates_nothing(embedded: Userctl) -> None:
    assert embedded("user", "create", "no address", "--no-password").code == 2
    assert embedded("user", "import", "none.csv").code == 9
    assert list(embedded.home.iterdir()) == []


@pytest.mark.parametrize("value", [None, "", "relative"])
def test_without_a_home_what_needs_none_works(
    homeless: Homeless, database_url: str, value: str | None
) -> None:
    if value is not None:
        homeless.extra["HOME"] = value
    homeless.extra["USERCTL_DATABASE_URL"] = database_url
    if database_url.startswith("postgresql:"):
        # Only an SQLite file has its keys beside it.
        homeless.extra["USERCTL_SECRET_KEY"] = SECRET_KEY
    homeless.create(ADA)
    tokens = homeless.login(ADA, "--no-store")
    assert homeless("token", "verify", "--stdin", stdin=tokens["access_token"]).code == 0
    assert homeless("token", "refresh", "--stdin", stdin=tokens["refresh_token"]).code == 0
    for command in (
        ("user", "list"), ("user", "export", "u.jsonl"), ("token", "purge"), ("audit", "verify"),
        ("db", "backup", "b.backup"), ("db", "migrate"), ("key", "list"), ("metrics",),
        ("health",), ("config", "show"), ("doctor", "--problems"), ("--version",),
    ):  # fmt: skip
        result = homeless(*command)
        assert result.code == 0, (command, result.err)
    assert not [path for path in homeless.home.iterdir() if path.name in {"relative", "~"}]


@pytest.mark.parametrize(
    "command",
    [
        ("user", "create", ADA, "--no-password"),
        ("db", "migrate"),
        ("key", "generate"),
        ("config", "path"),
        ("config", "init"),
        ("whoami",),
        ("logout",),
        ("user", "list", "--profile", "prod"),
    ],
    ids=" ".join,
)
def test_without_a_home_what_needs_one_says_so(homeless: Homeless, command: Sequence[str]) -> None:
    homeless.extra["USERCTL_OUTPUT"] = "json"
    result = homeless(*command)
    assert result.code == 2
    assert result.error["code"] == "home_unknown"
    assert f"uid {os.geteuid()}: HOME is not set" in result.error["message"]
    assert list(homeless.home.iterdir()) == []


def test_without_a_home_and_a_database_that_was_chosen_none_is_found(homeless: Homeless) -> None:
    homeless.extra["USERCTL_OUTPUT"] = "json"
    error = homeless("user", "list").error
    assert error["code"] == "database_missing"
    assert "HOME is not set" in error["message"]
