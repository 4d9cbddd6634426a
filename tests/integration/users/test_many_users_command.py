"""Commands that change many users at once, on both databases."""

import json
import re

import pytest

from tests.support.cli import Userctl

OUTCOME = [
    "id", "email", "name", "role", "status", "has_password", "must_change_password",
    "address_verified", "former_login_at", "managed_by", "password_version",
    "previous_email", "created_at", "updated_at", "reference", "outcome", "code", "message",
]  # fmt: skip


def create_users(userctl: Userctl, count: int, domain: str = "example.com") -> list[str]:
    """Import users and return their addresses."""
    emails = [f"user{number:02}@{domain}" for number in range(1, count + 1)]
    records = "".join(f"{email}\n" for email in emails)
    assert userctl("user", "import", "-", "--format", "csv", stdin=f"email\n{records}").code == 0
    return emails


def statuses(userctl: Userctl) -> str:
    """Return the first letters of the statuses of all users."""
    users = userctl("user", "list", "--all", "-o", "json").json
    return "".join(user["status"][0] for user in users)


def test_thirty_users_are_offboarded_from_a_list_with_two_typos_in_two_commands(
    userctl: Userctl,
) -> None:
    emails = create_users(userctl, 30)
    userctl.create("ada@example.com", "--role", "admin")
    leavers = userctl.home / "leavers.txt"
    listed = [*emails, "1"]
    listed[6], listed[20] = "usr07@example.com", "user21@exmaple.com"
    leavers.write_text("# left in May\n\n" + "".join(f"{each}\n" for each in listed))

    refused = userctl("user", "disable", "--from-file", "leavers.txt", "--yes")
    assert (refused.code, refused.out) == (3, "")
    lines = refused.err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("line 9: 'usr07@example.com': Did you mean user07@example.com")
    assert lines[1].startswith("line 23: 'user21@exmaple.com': Did you mean user21@example.com")
    assert lines[2] == (
        "error: 2 of 30 users do not exist; nothing was changed. "
        "Correct these, or pass --keep-going to change the others."
    )
    assert statuses(userctl) == "a" * 31

    corrected = leavers.read_text().replace("usr07", "user07").replace("exmaple", "example")
    leavers.write_text(corrected)
    done = userctl("user", "disable", "--from-file", "leavers.txt", "--yes", "-o", "jsonl")
    assert done.code == 0
    assert done.err == ("Disabled 30 users. Undo: userctl user enable --from-file leavers.txt\n")
    outcomes = [json.loads(line) for line in done.out.splitlines()]
    assert [outcome["email"] for outcome in outcomes] == emails
    assert {outcome["outcome"] for outcome in outcomes} == {"changed"}
    assert statuses(userctl) == "d" * 30 + "a"
    disabled = userctl("audit", "list", "--tag", "account:disable", "-o", "json").json
    assert [event["target"] for event in disabled] == emails


def test_unknown_users_are_one_error_in_json(userctl: Userctl) -> None:
    create_users(userctl, 2)
    result = userctl("user", "enable", "user01@example.com", "user3@example.com", "9", "-o", "json")
    assert result.code == 3
    assert result.error["code"] == "user_not_found"
    assert result.error["message"].startswith("2 of 3 users do not exist; nothing was changed: ")
    assert "'user3@example.com': Did you mean user01@example.com" in result.error["message"]


def test_more_than_ten_users_need_a_confirmation_and_a_dry_run_needs_none(
    userctl: Userctl,
) -> None:
    create_users(userctl, 11)
    refused = userctl("user", "disable", "--domain", "example.com", "-o", "json")
    assert (refused.code, refused.error["code"]) == (5, "guard_refused")
    assert refused.error["message"] == "This would change 11 users; nothing was changed."
    assert "--yes" in refused.error["hint"]
    shown = userctl("user", "disable", "--domain", "example.com", "--dry-run", "-o", "json")
    assert {outcome["outcome"] for outcome in shown.json} == {"would_change"}
    assert shown.err == "Dry run; nothing was changed: this would disable 11 users.\n"
    assert statuses(userctl) == "a" * 11
    ten = [str(number) for number in range(1, 11)]
    assert userctl("user", "disable", *ten, "-q").out.split() == ten
    assert userctl("user", "disable", "--status", "active", "--yes", "-q").out == "11\n"


def test_the_others_are_changed_on_request_and_the_failures_have_exit_code_7(
    userctl: Userctl,
) -> None:
    create_users(userctl, 2)
    userctl.create("ada@example.com", "--role", "admin")
    names = ("2", "nobody@example.org", "ada@example.com", "1")
    result = userctl("user", "disable", *names, "--keep-going", "-o", "json")
    assert result.code == 7
    outcomes = json.loads(result.out)
    assert [list(outcome) for outcome in outcomes] == [OUTCOME] * 4
    assert [(o["reference"], o["outcome"], o["code"]) for o in outcomes] == [
        ("2", "changed", None),
        ("nobody@example.org", "failed", "user_not_found"),
        ("ada@example.com", "failed", "last_admin"),
        ("1", "changed", None),
    ]
    assert result.err == "Disabled 2 users, 2 failed. Undo: userctl user enable 2 1\n"
    table = userctl("user", "enable", *names, "--keep-going")
    assert table.code == 7
    assert table.out.splitlines()[0].split()[0] == "reference"
    assert "There is no user 'nobody@example.org'." in table.out
    again = userctl("user", "disable", "3", "2", "99", "--keep-going", "-q")
    assert (again.code, again.out) == (7, "2\n")


def test_one_user_alone_is_printed_as_ever(userctl: Userctl) -> None:
    create_users(userctl, 1)
    for verb in ("disable", "enable", "unlock"):
        single = userctl("user", verb, "1", "-o", "json").json
        assert isinstance(single, dict)
        assert "outcome" not in single
    [deleted] = userctl("user", "delete", "1", "--yes", "-o", "json").json
    assert "outcome" not in deleted


def test_deleting_several_names_those_that_were_not_there(userctl: Userctl) -> None:
    create_users(userctl, 2)
    names = ("2", "eve@example.com", "1", "9")
    result = userctl("user", "delete", *names, "--if-exists", "--yes", "-o", "csv", "--fields",
                     "reference,outcome")  # fmt: skip
    assert result.code == 0
    assert result.out.splitlines()[1:] == [
        "2,changed",
        "eve@example.com,missing",
        "1,changed",
        "9,missing",
    ]
    assert result.err == (
        "eve@example.com, 9 do not exist.\n"
        "Deleted 2 users, 2 missing. Undo: userctl user restore ID, for each\n"
    )
    alone = userctl("user", "delete", "9", "--if-exists", "--yes", "-o", "json")
    assert (alone.json, alone.err) == ([], "Nothing changed: 9 does not exist.\n")


def test_deleting_users_who_were_deleted_says_how_to_restore_them(userctl: Userctl) -> None:
    create_users(userctl, 2)
    assert userctl("user", "delete", "1", "--yes").code == 0
    named = ("user", "delete", "1", "9", "usr02@example.com", "--if-exists", "--yes", "-o")
    result = userctl(*named, "json")
    assert [outcome["outcome"] for outcome in result.json] == ["missing"] * 3
    deleted, unknown, misspelled = [outcome["message"] for outcome in result.json]
    assert re.fullmatch(
        r"The user '1' was deleted at .*Z\. Restore them with 'userctl user restore 1'\.", deleted
    )
    assert unknown is None
    assert misspelled == ("There is no user 'usr02@example.com'. Did you mean user02@example.com?")
    told = f"{deleted}\n{misspelled}\n9 does not exist.\nNothing changed: 3 missing.\n"
    assert result.err == told
    table = userctl(*named, "table")
    assert (deleted in table.out, table.err) == (False, told)


def test_passwords_and_roles_of_many_are_changed(userctl: Userctl) -> None:
    create_users(userctl, 3)
    generated = userctl("user", "passwd", "1", "2", "--generate-password", "-o", "json").json
    passwords = [outcome["generated_password"] for outcome in generated]
    assert len({*passwords}) == 2
    login = ("login", "user02@example.com", "--password-stdin", "-o", "json")
    assert userctl(*login, stdin=passwords[1]).code == 0
    raw = userctl("user", "passwd", "1", "2", "--generate-password", "--raw", "--must-change")
    assert len(raw.out.split()) == 2
    due = userctl("user", "list", "--must-change", "-q").out
    assert due == "1\n2\n"
    expired = userctl("user", "passwd", "--must-change", "--status", "active")
    assert expired.code == 2
    assert "user03@example.com has no password to change" in expired.err
    changed = userctl("user", "update", "--from-role", "user", "--role", "admin", "--must-change",
                      "-o", "json").json  # fmt: skip
    assert [(user["id"], user["role"]) for user in changed] == [(1, "admin"), (2, "admin")]


def test_tokens_of_many_users_are_revoked(userctl: Userctl) -> None:
    create_users(userctl, 2)
    for number in ("1", "2"):
        issue = ("token", "issue", "--user", number, "--label", "ci", "-o", "json")
        assert userctl(*issue).code == 0
    refused = userctl("token", "revoke", "--domain", "example.com", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    fields = "id,outcome,revoked_sessions,revoked_api_tokens"
    revoked = userctl("token", "revoke", "user02@example.com", "user01@example.com", "--yes",
                      "-o", "csv", "--fields", fields)  # fmt: skip
    assert revoked.out.splitlines() == [fields, "2,changed,0,1", "1,changed,0,1"]
    single = userctl("token", "revoke", "user01@example.com", "--yes", "-o", "json").json
    assert single["revoked_api_tokens"] == 0


WRONG = [
    ("user disable", "No user was given."),
    ("user disable 1 --role user", "and only one of these"),
    ("user disable 1 --from-file -", "and only one of these"),
    ("user disable 1 --encoding utf-16", "--encoding needs --from-file"),
    ("user disable --domain nonsense", "is not a domain"),
    ("user disable --role usr", "not a configured role"),
    ("user disable --created-since soon", "neither a time nor a duration"),
    ("user passwd 1 2", "No change was given."),
    ("user passwd 1 2 --no-password", "cannot be given one password"),
    ("user passwd 1 2 --generate-password -q", "--quiet would lose the generated password"),
    ("user update 1 2 --name Ada", "only --role can be changed"),
    ("user update 1 2 --role usr", "not a configured role"),
    ("user disable 1 2 --fields sessions", "Unknown field"),
    ("user disable 1 --fields outcome", "Unknown field"),
    ("token revoke --user 1 --user 2 --all", "Of many users, only all tokens"),
    ("token revoke 1 --domain example.com", "Of many users, only all tokens"),
    ("user list --throttled --deleted", "--throttled cannot be used with --deleted"),
]


def test_what_does_not_go_together_is_said_and_changes_nothing(local: Userctl) -> None:
    create_users(local, 2)
    for command, message in WRONG:
        result = local(*command.split())
        assert (result.code, result.out) == (2, ""), command
        assert message in result.err, command
    assert statuses(local) == "aa"


@pytest.mark.parametrize(
    "content",
    [
        b"user02@example.com\n1\n",
        b"\xef\xbb\xbf# who leaves\r\n\r\n  USER02@example.com  # in May\r\n1",
        "\ufeffuser02@example.com\n1\n".encode("utf-16-le"),
        b'name,email,left\n"B, b",user02@example.com,May\n,user01@example.com,\n',
        b"sep=;\nName;E-Mail;EMAIL\nb;x;user02@example.com\na;y;1\n",
        b"# exported\nEmail\nuser02@example.com\nuser01@example.com\n",
    ],
    ids=["list", "comments", "utf-16", "csv", "sep", "column"],
)
def test_a_file_names_users_in_a_list_or_in_csv(local: Userctl, content: bytes) -> None:
    create_users(local, 3)
    result = local("user", "disable", "--from-file", "-", "-q", stdin=content)
    assert (result.code, result.out) == (0, "2\n1\n"), result.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file names no user."),
        (b"# nothing\n\n", "The file names no user."),
        (b"name,email\nb,\n", "Line 2 has no e-mail address."),
        (b"# x\nname,email\nb,b@example.com\nc,d,e\n", "Line 4 cannot be read: Expected 2 cells"),
        (b"1\nz\xf6e@example.com\n", "Line 2 cannot be read: Not UTF-8"),
        (b"sep=;\nname;mail\nb;x\n", "Line 3 has no e-mail address."),
    ],
)
def test_a_file_that_cannot_be_understood_is_named_with_the_line(
    local: Userctl, content: bytes, message: str
) -> None:
    create_users(local, 1)
    result = local("user", "disable", "--from-file", "-", stdin=content)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert statuses(local) == "a"


def test_a_list_of_ids_can_be_piped_from_a_list_of_users(local: Userctl) -> None:
    create_users(local, 3)
    ids = local("user", "list", "--search", "user0*", "-q").out
    assert local("user", "disable", "--from-file", "-", "-q", stdin=ids).out == ids
    everyone = local("user", "list", "-o", "csv").out
    assert local("user", "enable", "--from-file", "-", "-q", stdin=everyone).out == ids
    nobody = local("user", "disable", "--search", "x*", "-o", "json")
    assert (nobody.json, nobody.err) == ([], "Nothing changed: no user matches.\n")
