"""Commands that create files, on file systems without hard links, such as exFAT and SMB."""

import errno
import os

import pytest

from tests.support.cli import Userctl


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.EIO])
def test_commands_create_files_where_there_are_no_hard_links_and_no_modes(
    embedded: Userctl, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr(os, "fchown", refuse)
    assert embedded("db", "migrate").code == 0
    embedded.create("ada@example.com")
    assert embedded("token", "purge").code == 0
    for command in (("user", "export", "u.jsonl"), ("db", "backup", "u.backup")):
        assert embedded(*command).code == 0
        assert embedded(*command, "-o", "json").code in {2, 5}
    assert "ada@example.com" in (embedded.home / "u.jsonl").read_text()
    assert embedded("db", "restore", "u.backup", "--yes").code == 0
