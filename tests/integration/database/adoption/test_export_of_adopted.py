"""What adoption took is exported, and the export can be imported again."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Sql
from tests.support.applications import HASH, Application
from tests.support.cli import PASSWORD, Userctl

LONG, HIDDEN = "Ada " * 60, "Ad\u200ba\n\x1b[31mB"
NAMES = [LONG, HIDDEN, " \u200b ", "=1+1", '"quoted"']
ADDRESSES = ["admin@localhost", "a..b@example.com", "O'Hara", "=cmd@x", ""]


@pytest.fixture
def adopted(loose: Application, run: Sql, home: Path, bare_database_url: str) -> Userctl:
    """Tables of an application with names and addresses that no user could be given."""
    for name, address in zip(NAMES, ADDRESSES, strict=True):
        values = {"n": name, "a": address, "h": HASH}
        run("INSERT INTO users (name, email, hashed_password) VALUES (:n, :a, :h)", **values)
    userctl = Userctl(home, bare_database_url)
    assert userctl("db", "adopt", "--keep-odd-addresses", "--yes").code == 0
    return userctl


def users(userctl: Userctl) -> list[dict[str, Any]]:
    return userctl("user", "list", "--all", "-o", "json").json  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl"])
def test_an_export_of_what_adoption_took_can_be_imported_again(
    adopted: Userctl, userctl: Userctl, name: str
) -> None:
    assert adopted("user", "export", name, "--with-hashes").code == 0
    refused = userctl("user", "import", name)
    assert (refused.code, refused.out) == (2, "")
    options = ("--keep-odd-addresses", "--correct-names")
    dry = userctl("user", "import", name, *options, "--dry-run", "-o", "json").json
    assert (dry["created"], dry["rejected"]) == (8, 0)
    assert userctl("user", "import", name, *options).code == 0
    found = users(userctl)
    for before, after in zip(users(adopted), found, strict=True):
        unchanged = {"email", "role", "status", "has_password", "created_at"}
        assert {key: before[key] for key in unchanged} == {key: after[key] for key in unchanged}
    assert [user["name"] for user in found[3:]] == [
        LONG[:100].rstrip(), "Ada[31mB", None, "=1+1", '"quoted"',
    ]  # fmt: skip
    login = ("login", "admin@localhost", "--password-stdin", "--no-store")
    assert userctl(*login, stdin=PASSWORD).code == 0
    again = userctl("user", "import", name, *options, "--on-conflict", "skip", "-o", "json").json
    assert again["skipped"] == 8


@pytest.mark.parametrize("address", ["a\u200bb@x.org", "x" * 256, "two\nlines@x.org"])
def test_no_option_takes_an_address_that_could_not_be_typed_or_stored(
    userctl: Userctl, address: str
) -> None:
    (userctl.home / "one.csv").write_text(f'email,name\n"{address}",Ada\n', newline="")
    result = userctl("user", "import", "one.csv", "--keep-odd-addresses", "-o", "json")
    assert (result.code, users(userctl)) == (2, [])


def test_only_one_user_without_an_address_can_be_imported(userctl: Userctl) -> None:
    (userctl.home / "two.csv").write_text("email,name\n,Ada\n,Bob\n")
    command = ("user", "import", "two.csv", "--keep-odd-addresses")
    assert userctl(*command).code == 2
    assert userctl(*command, "--partial").code == 7
    assert [(user["email"], user["name"]) for user in users(userctl)] == [("", "Ada")]
    without = userctl("user", "import", "two.csv", "-o", "json")
    assert (without.code, "missing" in without.err) == (2, True)
