"""Keyrings in folders in which others can write."""

from collections.abc import Sequence

import pytest

from tests.support.cli import PASSWORD, Userctl

ADA = "ada@example.com"


@pytest.fixture
def beside(local: Userctl) -> Userctl:
    """Userctl whose keys lie beside the database."""
    local.create(ADA)
    return Userctl(local.home, None, extra={"USERCTL_DATABASE_URL": str(local.database_url)})


def names(local: Userctl) -> set[str]:
    return {path.name for path in local.database_file.parent.iterdir()}


@pytest.mark.parametrize(
    "command",
    [("login", ADA, "--password-stdin"), ("key", "generate"), ("key", "import", "--stdin")],
)
def test_no_key_is_written_where_others_could_read_or_replace_it(
    beside: Userctl, local: Userctl, command: Sequence[str]
) -> None:
    before = names(local)
    local.database_file.parent.chmod(0o777)
    result = beside(*command, "-o", "json", stdin="k" * 40 if command[0] == "key" else PASSWORD)
    assert result.code == 2
    assert result.error["code"] == "unsafe_file"
    assert "everyone can write in it" in result.error["message"]
    assert "keyring_file" in result.error["hint"]
    assert names(local) <= before | {f"{local.database_file.name}{end}" for end in ("-wal", "-shm")}


def test_a_keyring_elsewhere_serves_a_database_in_such_a_folder(
    beside: Userctl, local: Userctl
) -> None:
    local.database_file.parent.chmod(0o777)
    beside.extra["USERCTL_KEYRING_FILE"] = str(local.home / "keyring")
    assert beside("key", "generate").code == 0
    assert beside("login", ADA, "--password-stdin", stdin=PASSWORD).code == 0


def test_a_keyring_that_is_there_still_verifies(beside: Userctl, local: Userctl) -> None:
    beside.login(ADA)
    token = beside("token", "print").out
    local.database_file.parent.chmod(0o777)
    assert beside("token", "verify", "--stdin", stdin=token).code == 0
    before = names(local)
    result = beside("key", "generate", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "unsafe_file")
    assert names(local) == before
