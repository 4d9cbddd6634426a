"""The page that says where things go is true: each recipe is followed to the letter, and works."""

from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, Userctl
from tests.support.recipes import follow_recipe


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return tmp_path / "checkout"


@pytest.fixture
def changed(home: Path, sqlite_url: str, checkout: Path) -> Userctl:
    """Userctl as it is after a recipe was followed in the checkout."""
    return Userctl(home, sqlite_url, extra={"PYTHONPATH": str(checkout)})


def test_a_verb_is_a_file_and_a_row(changed: Userctl, checkout: Path) -> None:
    assert len(follow_recipe("A verb", checkout)) == 2
    changed.create("ada@example.com", "--name", "Ada")
    greeted = changed.spawn("user", "greet", "ada@example.com", "-o", "json")
    assert (greeted.json["email"], greeted.err) == ("ada@example.com", "Hello, Ada!\n")
    assert "Greet a user." in changed.spawn("user", "--help").out


@pytest.mark.soak
def test_a_login_method_is_a_file_and_a_row(changed: Userctl, checkout: Path) -> None:
    assert len(follow_recipe("A login method", checkout)) == 2
    changed.create("ada@example.com")
    login = ("login", "ada@example.com", "--method", "magic-word", "--password-stdin", "-o", "json")
    assert changed.spawn(*login, stdin="please").json["email"] == "ada@example.com"
    assert changed.spawn(*login, stdin=PASSWORD).error["code"] == "invalid_credentials"


@pytest.mark.soak
def test_an_import_format_is_a_file_and_two_rows(changed: Userctl, checkout: Path) -> None:
    assert len(follow_recipe("An import format", checkout)) == 3
    formatted = ("-", "--format", "addresses", "-o", "json")
    imported = changed.spawn("user", "import", *formatted, stdin="ada@example.com\nbob@x.org\n")
    assert imported.json["created"] == 2
    # What can be read is not offered for writing.
    assert changed.spawn("user", "export", *formatted).code == 2


@pytest.mark.soak
def test_a_doctor_check_is_a_file_and_a_row(changed: Userctl, checkout: Path) -> None:
    assert len(follow_recipe("A doctor check", checkout)) == 2
    found = {check["check"]: check for check in changed.spawn("doctor", "-o", "json").json}
    assert found["folders"]["message"]


@pytest.mark.soak
def test_an_audit_tag_is_a_row(changed: Userctl, checkout: Path) -> None:
    assert len(follow_recipe("An audit tag", checkout)) == 1
    assert changed.spawn("audit", "list", "--tag", "key:show", "-o", "json").json == []


@pytest.mark.soak
def test_a_setting_is_a_row(changed: Userctl, checkout: Path) -> None:
    assert len(follow_recipe("A setting", checkout)) == 1
    changed.extra["USERCTL_GREETING"] = "Hi"
    shown = {s["key"]: s for s in changed.spawn("config", "show", "-o", "json").json}
    assert (shown["greeting"]["value"], shown["greeting"]["source"]) == (
        "Hi",
        "environment USERCTL_GREETING",
    )
