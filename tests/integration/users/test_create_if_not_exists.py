"""``userctl user create --if-not-exists``."""

from tests.support.cli import Userctl

CREATE = ("user", "create", "--no-password", "ada@example.com")


def test_what_differs_is_said_and_is_no_failure(userctl: Userctl) -> None:
    assert userctl(*CREATE, "--if-not-exists", "--name", "Ada", "-q").err == ""
    same = userctl(*CREATE, "--if-not-exists", "--name", "Ada", "--role", "user")
    assert same.err == "ada@example.com already exists (id 1) and was left unchanged.\n"
    other = userctl(*CREATE, "--if-not-exists", "--name", "A", "--role", "admin", "-o", "json")
    assert other.json["role"] == "user"
    assert other.err == (
        "ada@example.com already exists (id 1) and was left unchanged, but differs: "
        "role is 'user', not 'admin'; name is 'Ada', not 'A'.\n"
    )
    userctl("user", "update", "1", "--name", "")
    userctl.create("root@example.com", "--role", "admin")
    userctl("user", "disable", "1")
    named = userctl(*CREATE, "--if-not-exists", "--name", "Ada")
    assert named.err.endswith(
        "differs: name is empty, not 'Ada'; status is 'disabled', not 'active'.\n"
    )


def test_strict_creates_accepts_the_same_and_refuses_what_differs(userctl: Userctl) -> None:
    strict = (*CREATE, "--if-not-exists=strict", "--role", "user")
    assert userctl(*strict).code == 0
    assert userctl(*strict).code == 0
    assert userctl(*strict, "--name", "Ada", "-o", "json").error["code"] == "user_exists"
    refused = userctl(*strict, "--name", "Ada")
    assert (refused.code, refused.out) == (5, "")
    assert "name is empty, not 'Ada'." in refused.err
    # A role that was not asked for does not count.
    userctl("user", "update", "1", "--role", "admin")
    assert userctl(*CREATE, "--if-not-exists=strict").code == 0


def test_the_option_needs_no_value_wherever_it_stands(userctl: Userctl) -> None:
    assert (
        userctl("user", "create", "--if-not-exists", "bob@example.com", "--no-password").code == 0
    )
    assert (
        userctl("user", "create", "bob@example.com", "--no-password", "--if-not-exists").code == 0
    )
    wrong = userctl(*CREATE, "--if-not-exists=loose")
    assert wrong.code == 2
    assert "'loose' is not a mode of --if-not-exists. Use unchanged or strict." in wrong.err
