"""``--raw``: one value alone, as a file or a variable of a shell takes it."""

import codecs

import pytest

from tests.support.cli import PASSWORD, Userctl
from userctl.core.token_prefixes import API_PREFIX

ISSUE = ("token", "issue", "--user", "ada@example.com", "--label", "ci", "--raw")
LOGIN = ("login", "ada@example.com", "--password-stdin", "--no-store", "--raw")


@pytest.fixture(autouse=True)
def ada(local: Userctl) -> None:
    """A user."""
    local.create("ada@example.com")


def one_line(out: str) -> str:
    assert out.count("\n") == 1
    return out.removesuffix("\n")


def test_a_token_that_was_saved_to_a_file_is_read_from_it(local: Userctl) -> None:
    issued = local(*ISSUE)
    assert one_line(issued.out).startswith(API_PREFIX)
    (local.home / "ci.token").write_text(issued.out)
    assert local("token", "verify", "--stdin", stdin=issued.out).code == 0
    machine = ("login", "--method", "api-token", "--password-file", "ci.token", "--no-store")
    access = local(*machine, "--raw").out
    claims = local("token", "verify", "--stdin", "--offline", "-o", "json", stdin=access).json
    assert claims["sub"] == "ada@example.com"
    revoked = local("token", "revoke", "--stdin", "-o", "json", stdin=issued.out)
    assert revoked.json["revoked_api_tokens"] == 1


def test_either_token_of_a_login_can_be_picked(local: Userctl) -> None:
    access = local(*LOGIN, stdin=PASSWORD).out
    assert local("token", "verify", "--stdin", stdin=access).code == 0
    refresh = local(*LOGIN, "--fields", "refresh_token", stdin=PASSWORD).out
    renewed = local("token", "refresh", "--stdin", "--raw", stdin=refresh).out
    assert local("token", "verify", "--stdin", stdin=one_line(renewed)).code == 0


@pytest.mark.parametrize("verb", ["create eve@example.com", "passwd ada@example.com"])
def test_a_generated_password_is_the_one_value(local: Userctl, verb: str) -> None:
    noun = ("user", *verb.split())
    password = local(*noun, "--generate-password", "--raw").out
    assert local("login", noun[2], "--password-stdin", stdin=password).code == 0
    refused = local(*noun, "--no-password", "--raw")
    assert (refused.code, refused.out) == (2, "")
    assert "none is generated" in refused.err


def test_any_field_of_any_record_can_be_the_one_value(local: Userctl) -> None:
    local("user", "create", "eve@example.com", "--no-password", "--name", "=1+1")
    assert local("user", "show", "2", "--fields", "name", "--raw").out == "=1+1\n"
    listed = local("user", "list", "--fields", "email", "--raw")
    assert listed.out == "ada@example.com\neve@example.com\n"
    anchor = local("audit", "head", "--raw").out
    assert local("audit", "verify", "--anchor", one_line(anchor)).code == 0


@pytest.mark.parametrize(
    "command",
    [
        "user delete 1 --yes --raw",
        "user delete 1 --yes --raw --fields id,email",
        "user delete 1 --yes --raw --fields id -o json",
        "user delete 1 --yes --raw --fields id -q",
        "user delete 1 --yes --raw --fields token",
        "token issue --user 1 --label ci --raw --fields id",
    ],
)
def test_what_is_not_one_value_is_refused_before_anything_happens(
    local: Userctl, command: str
) -> None:
    refused = local(*command.split())
    assert (refused.code, refused.out) == (2, "")
    assert local("user", "list", "-q").out == "1\n"
    assert local("token", "list", "-q").out == ""


def test_a_setting_of_the_output_does_not_matter(local: Userctl) -> None:
    local.extra["USERCTL_OUTPUT"] = "json"
    assert one_line(local(*ISSUE).out).startswith(API_PREFIX)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " \n\n"])
@pytest.mark.parametrize("start", [b"", codecs.BOM_UTF8, b"  "])
def test_what_an_editor_leaves_around_a_token_does_not_matter(
    local: Userctl, start: bytes, end: str
) -> None:
    token = one_line(local(*ISSUE).out)
    given = start + f"{token}{end}".encode()
    assert local("token", "verify", "--stdin", stdin=given).code == 0
