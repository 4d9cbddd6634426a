"""Where a login comes from, given or not."""

import os
import pwd
from types import SimpleNamespace

import pytest

from userctl.core.errors import InvalidInput
from userctl.services.authentication.source import login_source


def test_a_login_comes_from_the_user_and_the_host_that_run_it() -> None:
    assert login_source() == f"{pwd.getpwuid(os.geteuid()).pw_name}@{os.uname().nodename}"


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    before = login_source()
    for name in ("USER", "LOGNAME", "USERNAME", "HOSTNAME", "HOST"):
        monkeypatch.setenv(name, "somebody")
    assert login_source() == before


def test_a_user_without_a_name_goes_by_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 2**31 - 5)
    assert login_source() == f"2147483643@{os.uname().nodename}"


def test_a_host_with_an_impossible_name_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename="\x1b[2J"))
    assert login_source().endswith("@\\x1b[2J")


@pytest.mark.parametrize("given", ["", " ", "\x1b[2J", "a\u202eb", "x" * 256])
def test_an_unusable_source_is_rejected_with_what_to_do(given: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        login_source(given)
    assert "\x1b" not in caught.value.message
    assert "--source" in str(caught.value.hint)


def test_what_is_given_is_taken_as_it_is() -> None:
    assert login_source("2001:db8::1") == "2001:db8::1"
