"""``userctl user import`` and ``userctl user export``."""

import csv
import json
import os
import sqlite3
import stat
from pathlib import Path

import bcrypt
import pytest

from tests.support.cli import PASSWORD, Userctl
from userctl.services.users.import_.writing import Writer

HASH = bcrypt.hashpw(PASSWORD.encode(), b"$2b$04$abcdefghijklmnopqrstuu").decode()
NOTHING = {"created": 0, "updated": 0, "skipped": 0, "rejected": 0, "dry_run": False}


def write(userctl: Userctl, name: str, *lines: str) -> str:
    (userctl.home / name).write_text("".join(f"{line}\n" for line in lines))
    return name


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_csv_file_is_imported(userctl: Userctl) -> None:
    file = write(
        userctl, "a.csv", "email,hashed_password", f"ada@example.com,{HASH}", "eve@example.com,"
    )
    assert userctl("user", "import", file, "-o", "json").json == NOTHING | {"created": 2}
    assert userctl.login("ada@example.com")
    assert userctl("user", "show", "eve@example.com", "-o", "json").json["has_password"] is False


def test_json_lines_come_by_standard_input(userctl: Userctl) -> None:
    lines = json.dumps({"email": "ada@example.com", "password": PASSWORD}) + "\n"
    done = userctl("user", "import", "-", "--format", "jsonl", "-o", "json", stdin=lines)
    assert done.json == NOTHING | {"created": 1}
    assert userctl.login("ada@example.com")


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_an_export_with_hashes_restores_every_account(userctl: Userctl, file_format: str) -> None:
    userctl.create("ada@example.com", "--name", "=Ada 'A' Lovelace", "--role", "admin")
    userctl.create("+grace@example.com", "--name", 'Grace, "née" Zoë')
    userctl("user", "create", "eve@example.com", "--no-password")
    userctl.create("bob@example.com", "--must-change")
    userctl.create("mallory@example.com")
    assert userctl("user", "disable", "mallory@example.com").code == 0
    file = f"all.{file_format}"
    listed = ("user", "list", "-o", "json", "--fields",
              "email,name,role,status,has_password,must_change_password,created_at")  # fmt: skip
    before = userctl(*listed).json
    assert userctl("user", "export", file, "--with-hashes").code == 0
    assert mode(userctl.home / file) == 0o600
    userctl.create("root@example.com", "--role", "admin")
    ids = [str(number) for number in range(1, 6)]
    assert userctl("user", "delete", *ids, "--yes").code == 0
    assert userctl("user", "import", file, "-o", "json").json["created"] == 5
    assert userctl("user", "delete", "root@example.com", "--yes").code == 0
    assert userctl(*listed).json == before
    assert userctl("user", "enable", "mallory@example.com").code == 0
    for email in ("ada@example.com", "+grace@example.com", "mallory@example.com"):
        assert userctl.login(email)
    again = userctl("login", "bob@example.com", "--password-stdin", "-o", "json", stdin=PASSWORD)
    assert again.error["code"] == "password_change_required"


def test_an_export_without_hashes_can_be_imported_too(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--must-change")
    file = write(userctl, "a.csv", *userctl("user", "export", "--format", "csv").out.splitlines())
    assert userctl("user", "delete", "1", "--yes").code == 0
    assert userctl("user", "import", file).code == 0
    shown = userctl("user", "show", "ada@example.com", "-o", "json").json
    assert (shown["has_password"], shown["must_change_password"]) == (False, False)


def test_records_that_break_rules_are_told_and_nothing_is_imported(userctl: Userctl) -> None:
    file = write(
        userctl, "a.csv", "email,role", "ada@example.com,", "ada,root", "eve@example.com,x"
    )
    done = userctl("user", "import", file)
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert lines[0].startswith("line 3, email: 'ada'")
    advice = "--keep-roles imports it anyway."
    assert lines[1] == f"line 3, role: 'root' is not a configured role. {advice}"
    assert lines[2] == f"line 4, role: 'x' is not a configured role. {advice}"
    assert lines[3].startswith("error: 2 records were rejected and nothing was imported.")
    one = userctl("user", "import", write(userctl, "b.csv", "email", "eve"))
    assert "error: 1 record was rejected and nothing was imported." in one.err
    as_json = userctl("user", "import", file, "-o", "json")
    assert (as_json.code, as_json.error["code"]) == (2, "import_rejected")
    assert "line 3, role: 'root' is not a configured role." in as_json.error["message"]
    assert userctl("user", "list", "-q").out == ""


def test_only_the_first_reasons_are_told_and_all_are_written_down(userctl: Userctl) -> None:
    file = write(userctl, "a.csv", "email", *["nonsense"] * 30)
    done = userctl("user", "import", file, "--rejects", "rejects.csv")
    assert len(done.err.splitlines()) == 22
    assert done.err.splitlines()[20] == "and more"
    with (userctl.home / "rejects.csv").open(newline="") as rejects:
        rows = list(csv.DictReader(rejects))
    assert [row["email"] for row in rows] == ["nonsense"] * 30
    assert rows[0]["reason"].startswith("email: 'nonsense': ")


RECORDS = {
    "csv": "email;name;role\nada@example.com;'=Ada;user\nbob@example.com;Zoë;boss\n"
    "eve@example.com;Eve;user\neve@example.com;Eva;admin\ncal@example.com;Cal;boss;?\n",
    "json": """[{"email": "ada@example.com", "name": "=Ada", "role": "user"},
        {"email": "bob@example.com", "name": "Zoë", "role": "boss"}, {"email": "eve@example.com",
        "name": "Eve"}, {"email": "eve@example.com", "name": "Eva", "role": "admin"},
        {"email": "cal@example.com", "name": "Cal", "role": "boss", "boss": "?"}]""",
}
CORRECTIONS = [("boss", "user"), ("eve@", "eva@"), (";?", ""), (', "user": "?"', "")]


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_rejects_that_are_corrected_and_imported_complete_an_import(
    userctl: Userctl, file_format: str
) -> None:
    userctl.create("ada@example.com")
    file, rejects = (userctl.home / f"{name}.{file_format}" for name in ("a", "rejects"))
    file.write_text(RECORDS[file_format], "cp1252")
    rejects.touch(0o644)
    command = ("user", "import", str(file), "--encoding", "cp1252", "--rejects", str(rejects))
    strict = userctl(*command, "-o", "json")
    assert strict.error["hint"].startswith("Import the others with --partial, and the rejected ")
    refused = rejects.read_text("utf-8-sig")
    assert mode(rejects) == 0o600

    partial = userctl(*command, "--partial")
    assert partial.code == 7
    assert partial.err.endswith("Correct the rejected records, and import them too.\n")
    assert rejects.read_text("utf-8-sig") == refused
    again = userctl("user", "import", str(rejects), "-o", "json").error["message"]
    assert again.startswith("4 records were rejected")

    for wrong, right in CORRECTIONS:
        refused = refused.replace(wrong, right)
    rejects.write_text(refused)
    done = userctl("user", "import", str(rejects), "--on-conflict", "update", "-o", "json")
    assert done.json == NOTHING | {"created": 3, "updated": 1}
    users = userctl("user", "list", "-o", "json", "--sort", "email").json
    assert [(user["email"][:3], user["name"], user["role"]) for user in users] == [
        ("ada", "=Ada", "user"),
        ("bob", "Zoë", "user"),
        ("cal", "Cal", "user"),
        ("eva", "Eva", "admin"),
        ("eve", "Eve", "user"),
    ]


def test_the_reason_of_a_reject_has_no_other_meaning(local: Userctl) -> None:
    file = write(local, "a.csv", "email,reason", "ada@example.com,Ada")
    named = ("user", "import", file, "--map", "reason=name")
    assert local(*named, "--rejects", "rejects").code == 2
    assert local(*named).code == 0
    assert local("user", "show", "ada@example.com", "-o", "json").json["name"] == "Ada"


def test_rejects_push_nothing_aside_and_nothing_is_imported_then(userctl: Userctl) -> None:
    file = write(userctl, "a.csv", "email", "ada@example.com", "nonsense")
    for target, code in (("/dev/null", 2), ("a.csv", 2), ("missing/b.csv", 9)):
        done = userctl("user", "import", file, "--partial", "--rejects", target)
        assert (done.code, done.out) == (code, ""), target
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert (userctl.home / file).read_text().startswith("email\n")
    assert userctl("user", "list", "-q").out == ""


def test_a_partial_import_is_exit_7_and_says_what_was_rejected(userctl: Userctl) -> None:
    file = write(userctl, "a.csv", "email", "ada@example.com", "nonsense")
    done = userctl("user", "import", file, "--partial", "-o", "json")
    assert done.code == 7
    assert json.loads(done.out) == NOTHING | {"created": 1, "rejected": 1}
    assert done.err.startswith("line 3, email: ")
    quiet = userctl("user", "import", file, "--partial", "--on-conflict", "skip", "-q")
    assert (quiet.code, quiet.out) == (7, "")
    assert quiet.err.startswith("line 3, email: ")
    clean = write(userctl, "b.csv", "email", "eve@example.com")
    assert userctl("user", "import", clean, "--partial").code == 0


def test_as_many_records_are_rejected_whether_the_others_are_imported_or_not(
    userctl: Userctl,
) -> None:
    userctl.create("ada@example.com")
    rows = ["nonsense", "ada@example.com", "eve@example.com", "eve@example.com"]
    file = write(userctl, "a.csv", "email", *rows)
    strict = userctl("user", "import", file, "-o", "json")
    assert strict.error["message"].startswith("3 records were rejected and nothing was imported:")
    assert userctl("user", "list", "-q").out == "1\n"
    partial = userctl("user", "import", file, "--partial", "-o", "json")
    assert json.loads(partial.out)["rejected"] == 3


def test_bad_records_are_told_also_without_a_database(local: Userctl) -> None:
    local.extra["USERCTL_DATABASE_URL"] = f"sqlite:///{local.home}/missing.db"
    file = write(local, "a.csv", "email", "nonsense")
    done = local("user", "import", file, "--dry-run", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "import_rejected")


def test_accounts_that_exist_are_a_conflict_unless_told_otherwise(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--name", "Ada")
    file = write(userctl, "a.csv", "email,name", "ada@example.com,Other")
    done = userctl("user", "import", file, "-o", "json")
    assert (done.code, done.error["code"]) == (5, "user_exists")
    skipped = userctl("user", "import", file, "--on-conflict", "skip", "-o", "json")
    assert skipped.json == NOTHING | {"skipped": 1}
    updated = userctl("user", "import", file, "--on-conflict", "update", "-o", "json")
    assert updated.json == NOTHING | {"updated": 1}
    assert userctl("user", "show", "1", "-o", "json").json["name"] == "Other"


def test_a_dry_run_ends_as_the_import_would(userctl: Userctl) -> None:
    file = write(userctl, "a.csv", "email", "ada@example.com")
    done = userctl("user", "import", file, "--dry-run", "-o", "json")
    assert done.json == NOTHING | {"created": 1, "dry_run": True}
    plan = userctl("user", "import", file, "--dry-run").out
    assert plan.splitlines()[0].split() == ["would_create", "1"]
    assert "created" not in plan
    assert userctl("user", "list", "-q").out == ""
    bad = write(userctl, "b.csv", "email", "nonsense")
    assert userctl("user", "import", bad, "--dry-run").code == 2


def test_a_dry_run_says_in_one_line_what_the_import_would_do(userctl: Userctl) -> None:
    userctl.create("eve@example.com")
    rows = ("ada@example.com,", "eve@example.com,Eve", "nonsense,")
    file = write(userctl, "a.csv", "email,name", *rows)
    done = userctl("user", "import", file, "--dry-run", "--partial", "--on-conflict", "update")
    would = "this would create 1, update 1, reject 1"
    assert done.code == 7
    assert f"Dry run; nothing was changed: {would}.\n" in done.err


def test_the_file_has_to_be_there_and_its_format_known(local: Userctl) -> None:
    write(local, "accounts.txt", "email")
    assert local("user", "import", "missing.csv", "-o", "json").error["code"] == "io_error"
    assert local("user", "import", ".", "--format", "csv", "-o", "json").code == 9
    assert local("user", "import", "accounts.txt", "-o", "json").code == 2
    assert local("user", "import", "-", "-o", "json").code == 2
    header = local("user", "import", "-", "--format", "csv", "-o", "json", stdin="mail\n")
    assert (header.code, header.error["code"]) == (2, "invalid_input")


def test_an_export_streams_to_standard_output(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    done = userctl("user", "export", "--format", "jsonl")
    [account] = map(json.loads, done.out.splitlines())
    assert account["email"] == "ada@example.com"
    assert "hashed_password" not in account
    assert userctl("user", "export", "-", "--format", "csv").out.startswith("id,email,name,role")


def test_an_export_never_replaces_a_file_unasked(local: Userctl) -> None:
    file = local.home / write(local, "a.jsonl", "precious")
    done = local("user", "export", "a.jsonl", "-o", "json")
    assert (done.code, file.read_text()) == (2, "precious\n")
    assert local("user", "export", "a.jsonl").code == 5
    assert file.read_text() == "precious\n"
    assert local("user", "export", "a.jsonl", "--force").code == 0
    assert file.read_text() == ""


def test_an_export_without_hashes_is_a_file_like_any_other(local: Userctl) -> None:
    before = os.umask(0o027)
    try:
        assert local("user", "export", "a.csv").code == 0
        assert local("user", "export", "b.csv", "--with-hashes").code == 0
    finally:
        os.umask(before)
    assert (mode(local.home / "a.csv"), mode(local.home / "b.csv")) == (0o640, 0o600)


def test_an_export_touches_nothing_but_regular_files(local: Userctl) -> None:
    os.mkfifo(local.home / "pipe.csv")
    for target in ("pipe.csv", "/dev/null"):
        done = local("user", "export", target, "--format", "csv", "--force")
        assert (done.code, done.out) == (2, "")
    assert stat.S_ISFIFO((local.home / "pipe.csv").stat().st_mode)


def test_an_export_leaves_nothing_unfinished_behind(local: Userctl) -> None:
    local.create("ada@example.com")
    local.create("eve@example.com")
    assert local("user", "export", "missing/a.csv").code == 9
    path = str(local.database_url).removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE users SET created_at = 'never' WHERE id = 2")
    connection.close()
    assert list(local.home.iterdir()) == []
    done = local("user", "export", "a.csv")
    assert (done.code, "User 2" in done.err) == (6, True)
    assert [file.name for file in local.home.iterdir()] == ["a.csv"]


def test_a_spreadsheet_is_imported_as_it_was_saved(local: Userctl) -> None:
    header = "E-Mail;Name;Abteilung;Must_Change_Password;Hashed_Password;Status;"
    rows = [
        f"ada@example.com;Zoë Müller;IT;TRUE;{HASH};Active;",
        "eve@example.com;;;FALSE;;;",
        ";;;;;;",
    ]
    text = "\r\n".join(["sep=;", header, *rows, ""])
    options = ("--map", "E-Mail=email", "--ignore-unknown", "-o", "json")
    for name, encoding in (("a.csv", "utf-16"), ("b.CSV", "utf-8-sig"), ("c.csv", "cp1252")):
        (local.home / name).write_bytes(text.encode(encoding))
    refused = local("user", "import", "c.csv", *options)
    assert (refused.code, refused.error["code"]) == (2, "import_rejected")
    assert "line 3: Not UTF-8: the byte 0xEB" in refused.error["message"]
    done = local("user", "import", "c.csv", "--encoding", "cp1252", *options)
    assert done.json == NOTHING | {"created": 2}
    shown = local("user", "show", "ada@example.com", "-o", "json").json
    assert (shown["name"], shown["must_change_password"]) == ("Zoë Müller", True)
    for name in ("a.csv", "b.CSV"):
        again = local("user", "import", name, "--on-conflict", "update", *options)
        assert again.json == NOTHING | {"skipped": 2}
    tabs = text.replace(";", "\t").removeprefix("sep=\t\r\n")
    (local.home / "d.tsv").write_bytes(tabs.encode("utf-16"))
    again = local("user", "import", "d.tsv", "--on-conflict", "update", *options)
    assert again.json == NOTHING | {"skipped": 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--delimiter", "::"), "'::' is not a delimiter."),
        (("--encoding", "nonsense"), "'nonsense' is not an encoding."),
        (("--map", "Mail=mail"), "--map 'Mail=mail' does not name a field."),
        (("--map", "Mail=email"), "--map names 'mail', which is not in the header."),
    ],
)
def test_an_option_that_says_nothing_about_the_file_is_refused(
    local: Userctl, options: tuple[str, str], message: str
) -> None:
    file = write(local, "a.csv", "email", "ada@example.com")
    refused = local("user", "import", file, *options, "-o", "json")
    assert (refused.code, refused.error["message"]) == (2, message)


@pytest.mark.parametrize("partial", [(), ("--partial",)])
@pytest.mark.parametrize("file_format", ["csv", "jsonl", "json"])
def test_what_never_ends_is_named_and_not_read_to_its_end(
    local: Userctl, file_format: str, partial: tuple[str, ...]
) -> None:
    start = {"csv": 'email\n"', "jsonl": '[\n{"email": "', "json": '[\n{"email": "'}[file_format]
    (local.home / "a").write_text(start + "x" * 3_000_000)
    refused = local("user", "import", "a", "--format", file_format, *partial, "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "invalid_input")
    assert "ine 2" in refused.error["message"]
    assert local("user", "list", "-q").out == ""


def test_an_import_that_runs_out_of_memory_changes_nothing(
    userctl: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*_: object) -> bool:
        raise MemoryError

    file = write(userctl, "a.csv", "email", "ada@example.com")
    monkeypatch.setattr(Writer, "_insert", run_out)
    failed = userctl("user", "import", file, "-o", "json")
    assert (failed.code, failed.error["code"]) == (9, "out_of_memory")
    monkeypatch.undo()
    assert userctl("user", "list", "-q").out == ""
    assert userctl("user", "import", file).code == 0


def test_an_unclosed_quotation_hides_no_records_from_a_partial_import(local: Userctl) -> None:
    rows = [f"u{number}@example.com,x" for number in range(500)]
    file = write(local, "a.csv", "email,name", 'a@example.com,"Ada', *rows)
    done = local("user", "import", file, "--partial", "-o", "json")
    assert done.code == 7
    assert json.loads(done.out) == NOTHING | {"created": 500, "rejected": 1}
    assert done.err.startswith("line 2: A quotation mark is not closed.\n")


@pytest.mark.parametrize("output", ["json", "jsonl", "csv"])
def test_a_list_can_be_imported(userctl: Userctl, output: str) -> None:
    userctl.create("ada@example.com", "--name", "Ada, \u201dL\u201d")
    userctl("user", "create", "eve@example.com", "--no-password", "--role", "admin")
    assert userctl("user", "disable", "ada@example.com").code == 0
    listed = ("user", "list", "-o", output)
    before = userctl(*listed).out
    (userctl.home / f"all.{output}").write_text(before)
    keep = ("--on-conflict", "update", "-o", "json")
    assert userctl("user", "import", f"all.{output}", *keep).json == NOTHING | {"skipped": 2}
    assert userctl("user", "delete", "ada@example.com", "--hard", "--yes").code == 0
    piped = userctl("user", "import", "-", "--format", output, *keep, stdin=before)
    assert piped.json == NOTHING | {"created": 1, "skipped": 1}
    shown = userctl("user", "show", "ada@example.com", "-o", "json").json
    assert (shown["name"], shown["status"]) == ("Ada, \u201dL\u201d", "disabled")


def test_rejects_of_an_array_are_json_lines(local: Userctl) -> None:
    (local.home / "a.json").write_text('[{"email": "x"},\n {"role": "a", "role": "b"}]')
    assert local("user", "import", "a.json", "--rejects", "rejects").code == 2
    first, second = (local.home / "rejects").read_text().splitlines()
    assert first.startswith('{"email": "x", "reason": "email: ')
    assert second == '{"role": "a", "role": "b", "reason": "The key \'role\' appears twice."}'
