"""``userctl user show`` and ``userctl user unlock`` after failed logins, on both databases."""

from contextlib import closing

import pytest

from tests.support.cli import Userctl
from userctl.config.loading import load_settings
from userctl.container import Services
from userctl.core.errors import LoginThrottled

FACTS = ("failed_logins", "last_failed_login_at", "throttled_until")


def guess(userctl: Userctl, email: str) -> LoginThrottled | None:
    """Charge a login as a process of its own does; return why it may not go on."""
    settings = load_settings({}, userctl.environment)
    with closing(Services(settings, notify=lambda _: None)) as services:
        try:
            services.throttling.charge(email)
        except LoginThrottled as refused:
            return refused
    return None


@pytest.fixture
def throttled(userctl: Userctl) -> Userctl:
    """An account to which too many logins failed."""
    userctl.extra |= {"USERCTL_LOGIN_ATTEMPTS": "2", "USERCTL_LOGIN_WINDOW_MINUTES": "1440"}
    userctl.create("ada@example.com")
    for _ in range(2):
        assert guess(userctl, "ada@example.com") is None
    assert guess(userctl, "ada@example.com")
    return userctl


def test_show_tells_of_failures_and_of_the_wait(throttled: Userctl) -> None:
    shown = throttled("user", "show", "ada@example.com", "-o", "json").json
    assert shown["failed_logins"] == 2
    assert shown["last_failed_login_at"].endswith("Z")
    assert shown["throttled_until"] > shown["last_failed_login_at"]
    table = throttled("user", "show", "ada@example.com").out
    assert "failed_logins         2\n" in table
    assert f"throttled_until       {shown['throttled_until']}\n" in table


def test_unlock_prints_the_account_and_can_be_run_twice(throttled: Userctl) -> None:
    for _ in range(2):
        unlocked = throttled("user", "unlock", "ADA@example.com", "-o", "json").json
        assert [unlocked[name] for name in FACTS] == [0, None, None]
        assert unlocked == throttled("user", "show", "1", "-o", "json").json
    assert guess(throttled, "ada@example.com") is None


def test_unlock_takes_an_id_and_is_quiet_when_asked(throttled: Userctl) -> None:
    assert throttled("user", "unlock", "1", "-q").out == "1\n"


def test_lists_do_not_tell_of_failures(throttled: Userctl) -> None:
    [listed] = throttled("user", "list", "-o", "json").json
    assert not listed.keys() & set(FACTS)


def test_the_wait_names_the_command_that_ends_it(throttled: Userctl) -> None:
    refused = guess(throttled, "ada@example.com")
    assert refused
    assert refused.message.endswith("Try again in 1440 min.")
    assert "userctl user unlock USER" in str(refused.hint)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("USERCTL_LOGIN_ATTEMPTS", "0"),
        ("USERCTL_LOGIN_ATTEMPTS", "1001"),
        ("USERCTL_LOGIN_WINDOW_MINUTES", "0"),
        ("USERCTL_LOGIN_WINDOW_MINUTES", "1441"),
    ],
)
def test_a_limit_out_of_range_names_its_variable(local: Userctl, variable: str, value: str) -> None:
    local.extra[variable] = value
    result = local("user", "show", "1", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "invalid_configuration")
    assert variable in result.error["message"]
