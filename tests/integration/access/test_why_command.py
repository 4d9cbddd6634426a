"""``userctl user why`` on both databases."""

from tests.support.applications import run_script
from tests.support.cli import PASSWORD, Userctl


def test_a_table_has_the_verdict_first_and_then_logins_and_sessions(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    userctl("login", "ada@example.com", "--password-stdin", stdin="wrong")
    userctl.login("ada@example.com", "--client", "laptop")
    lines = userctl("user", "why", "ada@example.com").out.splitlines()
    assert lines[0].split() == ["verdict", "active"]
    assert lines[1].split(maxsplit=1) == ["message", "ada@example.com is active and can log in."]
    logins = lines.index("Latest logins:")
    assert "success" in lines[logins + 2]
    assert "wrong_password" in lines[logins + 3]
    assert "laptop" in lines[lines.index("Active sessions:") + 2]


def test_a_script_gets_an_answer_with_exit_code_0_whatever_the_verdict_is(userctl: Userctl) -> None:
    userctl.create("ada@example.com")
    unknown = userctl("user", "why", "eve@example.com", "-o", "json").json
    known = userctl("user", "why", "1", "-o", "json").json
    assert list(unknown) == list(known)
    assert (unknown["verdict"], known["verdict"]) == ("unknown", "active")
    assert userctl("user", "why", "eve@example.com", "--raw").out == "unknown\n"
    assert userctl("user", "why", "ada@example.com", "-q").out == "1\n"
    assert userctl("user", "why", "nonsense").code == 2
    for output in ("csv", "jsonl"):
        assert userctl("user", "why", "1", "-o", output).out.count("\n") == 1 + (output == "csv")


def test_a_hostile_address_is_shown_as_plain_text_and_its_advice_is_safe(local: Userctl) -> None:
    local.create("ada@example.com")
    run_script(
        str(local.database_url),
        "UPDATE users SET email = 'x;\x1b[31m$(id)@example.com', disabled_at = '2030-01-01'",
    )
    shown = local("user", "why", "1")
    assert shown.code == 0
    assert "\x1b" not in shown.out
    assert "userctl user enable 'x;\\x1b[31m$(id)@example.com'" in shown.out


def test_a_damaged_event_does_not_hide_the_verdict(local: Userctl) -> None:
    local.create("ada@example.com")
    local("login", "ada@example.com", "--password-stdin", stdin="wrong")
    run_script(str(local.database_url), "DROP TRIGGER audit_events_no_update")
    run_script(
        str(local.database_url),
        "UPDATE audit_events SET detail = 'x' WHERE tag = 'account:login:failure'",
    )
    local("login", "ada@example.com", "--password-stdin", stdin=PASSWORD)
    shown = local("user", "why", "1", "--raw")
    assert (shown.code, shown.out) == (6, "active\n")
    assert "is not JSON" in shown.err
