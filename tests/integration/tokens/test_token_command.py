"""``userctl token`` on both databases."""

import pytest

from tests.support.cli import Userctl


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--role", "admin")


def states(userctl: Userctl) -> list[str]:
    return [token["state"] for token in userctl("token", "list", "-o", "json").json]


def test_refresh_exchanges_the_stored_session(userctl: Userctl) -> None:
    before = userctl.login("ada@example.com")
    after = userctl("token", "refresh", "-o", "json").json
    assert after == before
    assert states(userctl) == ["used", "active"]


def test_refresh_exchanges_a_token_from_stdin_once(userctl: Userctl) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    fresh = userctl("token", "refresh", "--stdin", "-o", "json", stdin=pair["refresh_token"]).json
    assert list(fresh) == list(pair)
    again = userctl("token", "refresh", "--stdin", "-o", "json", stdin=pair["refresh_token"])
    assert (again.code, again.error["code"]) == (5, "refresh_conflict")


def test_a_token_that_comes_back_later_ends_its_session(userctl: Userctl) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    fresh = userctl("token", "refresh", "--stdin", "-o", "json", stdin=pair["refresh_token"]).json
    userctl("token", "refresh", "--stdin", "-o", "json", stdin=fresh["refresh_token"])
    again = userctl("token", "refresh", "--stdin", "-o", "json", stdin=pair["refresh_token"])
    assert (again.code, again.error["code"]) == (4, "token_reused")
    assert states(userctl) == ["used", "used", "revoked"]


@pytest.mark.parametrize("token", ["", "nonsense", "uctl_rt_" + "0" * 72, "\N{SNOWMAN}"])
def test_what_is_no_refresh_token_is_refused_and_not_repeated(userctl: Userctl, token: str) -> None:
    result = userctl("token", "refresh", "--stdin", stdin=token)
    assert result.code == (4 if token else 2)
    assert not token or token not in result.err


def test_print_prints_the_access_token_alone(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    printed = userctl("token", "print").out
    claims = userctl("token", "verify", "--stdin", "-o", "json", stdin=printed).json
    assert claims["sub"] == "ada@example.com"
    assert claims == userctl("token", "verify", "-o", "json").json


def test_verify_needs_a_live_account_and_session_unless_offline(userctl: Userctl) -> None:
    token = userctl.login("ada@example.com", "--no-store")["access_token"]
    userctl.create("grace@example.com", "--role", "admin")
    userctl("token", "revoke", "--user", "ada@example.com", "--yes")
    revoked = userctl("token", "verify", "--stdin", "-o", "json", stdin=token)
    assert (revoked.code, revoked.error["code"]) == (4, "token_revoked")
    userctl("user", "disable", "ada@example.com")
    disabled = userctl("token", "verify", "--stdin", "-o", "json", stdin=token)
    assert (disabled.code, disabled.error["code"]) == (4, "account_disabled")
    assert userctl("token", "verify", "--stdin", "--offline", stdin=token).code == 0


def test_offline_verification_does_not_touch_the_database(userctl: Userctl) -> None:
    token = userctl.login("ada@example.com", "--no-store")["access_token"]
    userctl.extra["USERCTL_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    assert userctl("token", "verify", "--stdin", "--offline", stdin=token).code == 0


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "uctl_rt_" + "0" * 72])
def test_what_is_no_access_token_gets_exit_4_and_one_line(userctl: Userctl, token: str) -> None:
    result = userctl("token", "verify", "--stdin", stdin=token)
    assert (result.code, result.out, result.err.count("\n")) == (4, "", 1)


def test_list_shows_owner_and_state_but_never_the_token(userctl: Userctl) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    listed = userctl("token", "list", "--user", "ada@example.com", "--state", "active")
    assert "ada@example.com" in listed.out
    assert pair["refresh_token"] not in listed.out
    assert userctl("token", "list", "--state", "revoked", "-q").out == ""
    assert userctl("token", "list", "--user", "nobody@example.com").code == 3


def test_list_pages(userctl: Userctl) -> None:
    for _ in range(3):
        userctl.login("ada@example.com", "--no-store")
    first = userctl("token", "list", "--limit", "2", "-o", "csv", "--fields", "id")
    assert first.out == "id\n1\n2\n"
    assert "--after 2" in first.err
    assert userctl("token", "list", "--after", "2", "-q").out == "3\n"
    assert userctl("token", "list", "--all", "-q").out == "1\n2\n3\n"


def test_revoking_by_id_ends_the_session_and_can_be_repeated(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    assert userctl("token", "revoke", "1", "-o", "json").json["revoked_sessions"] == 1
    assert userctl("whoami").code == 4
    assert userctl("token", "revoke", "1", "-o", "json").json["revoked_sessions"] == 0
    assert userctl("token", "revoke", "1", "99").code == 3


def test_revoking_all_needs_a_yes(userctl: Userctl) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    refused = userctl("token", "revoke", "--all", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert states(userctl) == ["active"]
    assert userctl("token", "revoke", "--all", "--yes").code == 0
    assert userctl("token", "refresh", "--stdin", stdin=pair["refresh_token"]).code == 4


def test_revoking_by_stdin_ends_the_session(userctl: Userctl) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    assert userctl("token", "revoke", "--stdin", stdin=pair["refresh_token"]).code == 0
    assert states(userctl) == ["revoked"]


def test_a_token_handed_over_as_an_argument_is_not_repeated(userctl: Userctl) -> None:
    token = userctl.login("ada@example.com", "--no-store")["refresh_token"]
    for args in (["revoke", token], ["refresh", token], ["print", token]):
        result = userctl("token", *args)
        assert result.code == 2
        assert token not in result.err


@pytest.mark.parametrize("args", [[], ["1", "--all"], ["--user", "1", "--stdin"]])
def test_revoke_wants_exactly_one_way_to_say_which(userctl: Userctl, args: list[str]) -> None:
    assert userctl("token", "revoke", *args).code == 2
