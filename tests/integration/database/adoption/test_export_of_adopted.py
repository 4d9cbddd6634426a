"""What adoption took is exported, and the export can be imported again."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Program, Sql
from tests.support.applications import HASH, Application
from tests.support.cli import PASSWORD, Userctl
from userctl.schemas.transfer import FileRecord, ImportReport, ImportRules
from userctl.schemas.users import UserQuery

LONG, HIDDEN = "Ada " * 60, "Ad\u200ba\n\x1b[31mB"
ARGON = "$argon2id$v=19$m=7168,t=5,p=1$AAECAwQFBgcICQoLDA0ODw"
OPTIONS = [
    "--keep-odd-addresses", "--correct-names", "--keep-roles", "--keep-future-times",
    "--drop-unknown-hashes",
]  # fmt: skip

ODD: list[dict[str, Any]] = [
    {"email": "admin@localhost", "name": LONG},
    {"email": "a..b@example.com", "name": HIDDEN},
    {"email": "O'Hara", "name": " \u200b "},
    {"email": "=cmd@x", "name": "=1+1"},
    {"email": None, "name": '"quoted"'},
    {"email": None, "role": "editor"},
    {"email": "", "created_at": "2999-12-31 23:59:59"},
    {"email": "x@x.org", "hashed_password": ARGON},
]
"""Users 4 to 11, whom no user could be created like."""

SHARED: list[dict[str, Any]] = [
    {"email": address} for address in ("eve@x.org", "eve@x.org", "Bob@example.com", "two\nlines@x")
]
"""Users 12 to 15. User 2 is bob@example.com."""


def build(run: Sql, users: list[dict[str, Any]]) -> None:
    run("DROP INDEX ix_users_email")
    for user in users:
        values = {"hashed_password": HASH, **user}
        places = ", ".join(f":{name}" for name in values)
        run(f"INSERT INTO users ({', '.join(values)}) VALUES ({places})", **values)


def users(userctl: Userctl) -> list[dict[str, Any]]:
    return userctl("user", "list", "--all", "-o", "json").json  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl"])
@pytest.mark.parametrize(
    ("choices", "added"),
    [
        (["--keep-odd-addresses"], ODD),
        (["--leave-out"], ODD + SHARED),
        (["--keep-odd-addresses", "--leave-out"], ODD + SHARED),
    ],
    ids=["kept", "left out", "kept where possible"],
)
def test_an_export_of_what_adoption_took_can_be_imported_as_it_and_the_refusal_say(
    loose: Application, run: Sql, home: Path, bare_database_url: str, userctl: Userctl,
    choices: list[str], added: list[dict[str, Any]], name: str,
) -> None:  # fmt: skip
    build(run, added)
    adopted = Userctl(home, bare_database_url)
    assert adopted("db", "adopt", *choices, "--yes").code == 0
    exported = adopted("user", "export", name, "--with-hashes")
    assert (exported.code, re.findall(r"--[a-z-]+", exported.err)) == (0, OPTIONS)
    refused = userctl("user", "import", name, "--rejects", "rejects.csv")
    assert (refused.code, refused.out) == (2, "")
    told = (userctl.home / "rejects.csv").read_text()
    assert set(re.findall(r"--[a-z-]+", told)) == set(OPTIONS)
    imported = userctl("user", "import", name, *OPTIONS, "-o", "json")
    before, after = users(adopted), users(userctl)
    assert imported.json["created"] == len(before) == len(after)
    unchanged = ("role", "status", "created_at")
    for old, new in zip(before, after, strict=True):
        assert [old[key] for key in unchanged] == [new[key] for key in unchanged]
        assert new["has_password"] == (old["has_password"] and old["id"] != 11)
    assert [user["email"] for user in after] == [
        "ada@example.com",
        "bob@example.com" if added is ODD else "bob@example.com (2)",
        "eve@example.com", "admin@localhost", "a..b@example.com", "O'Hara", "=cmd@x",
        "no address (8)", "no address (9)", "no address (10)", "x@x.org",
        "eve@x.org (12)", "eve@x.org (13)", "bob@example.com (14)", "twolines@x (15)",
    ][: len(after)]  # fmt: skip
    assert [user["name"] for user in after][3:8] == [
        LONG[:100].rstrip(), "Ada[31mB", None, "=1+1", '"quoted"',
    ]  # fmt: skip
    again = userctl(
        "user", "import", name, *OPTIONS, "--on-conflict", "skip", "--dry-run", "-o", "json"
    )
    assert again.json["skipped"] == len(after)


def test_who_was_imported_with_an_odd_address_logs_in_with_it(userctl: Userctl) -> None:
    file = userctl.home / "one.csv"
    file.write_text(f"email,hashed_password\nadmin@localhost,{HASH}\n")
    assert userctl("user", "import", "one.csv", "--keep-odd-addresses").code == 0
    login = ("login", "admin@localhost", "--password-stdin", "--no-store")
    assert userctl(*login, stdin=PASSWORD).code == 0


def test_an_export_of_users_of_our_own_asks_for_no_option(userctl: Userctl) -> None:
    assert userctl("user", "create", "ada@bücher.example", "--no-password").code == 0
    exported = userctl("user", "export", "--with-hashes", "--format", "csv")
    assert (exported.code, exported.err) == (0, "")


@pytest.mark.parametrize("address", ["a\u200bb@x.org", "x" * 256, "two\nlines@x.org"])
def test_no_option_takes_an_address_of_an_active_user_that_could_not_be_typed_or_stored(
    userctl: Userctl, address: str
) -> None:
    (userctl.home / "one.csv").write_text(f'email,name\n"{address}",Ada\n', newline="")
    result = userctl("user", "import", "one.csv", "--keep-odd-addresses", "-o", "json")
    assert (result.code, users(userctl)) == (2, [])


def load(program: Program, *rows: dict[str, str]) -> ImportReport:
    records = [FileRecord(n, tuple(row), tuple(row.values())) for n, row in enumerate(rows, 2)]
    rules = ImportRules(keep_odd_addresses=True, keep_roles=True)
    return program.user_import.load(records, rules=rules, partial=True)


def test_only_those_who_are_disabled_or_have_no_address_may_share_one(program: Program) -> None:
    rows = [
        ("a@x.org", "active"), ("a@x.org", "active"), ("b@x.org", "disabled"),
        ("B@x.org", "active"), ("", "active"), ("", "active"),
    ]  # fmt: skip
    records = [{"email": email, "status": status} for email, status in rows]
    report = load(program, *records)
    assert [(reject.line, reject.field) for reject in report.reasons] == [(3, "email")]
    # Those without an id are told apart by their lines.
    found = [user.email for user in program.user_list.page(UserQuery()).items]
    assert found == [
        "a@x.org", "b@x.org (4)", "b@x.org", "no address (6)", "no address (7)",
    ]  # fmt: skip


def test_a_number_cannot_bring_in_an_address_twice(program: Program) -> None:
    shared = {"email": "a@x.org", "status": "disabled", "id": "7"}
    other = {"email": "a@x.org (7)", "status": "active"}
    report = load(program, shared, other, shared)
    assert (report.result.created, report.result.rejected) == (1, 2)


def test_a_role_that_no_column_holds_is_refused(program: Program) -> None:
    report = load(program, {"email": "ada@x.org", "role": "x" * 51})
    assert [reject.reason for reject in report.reasons] == [
        "A role has up to 50 characters, all of them visible."
    ]
