"""Secrets as Kubernetes, Docker and systemd mount them, and as editors write them."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from userctl.config.database_url import DatabaseURL
from userctl.config.loading import load_settings
from userctl.config.settings import Settings
from userctl.core.errors import InvalidConfiguration, UnsafeFile
from userctl.core.secure_files import forbidden_mode, read_private, trusted_owners, write_private
from userctl.security import keyring_file
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile
from userctl.security.keys import key_source
from userctl.security.new_keys import generate_key

TEXT = "a key for the tests of at least 32 bytes"
KID = SigningKey.symmetric(TEXT.encode()).kid
NOW = datetime(2030, 1, 1, tzinfo=UTC)
POSTGRES = DatabaseURL.parse("postgresql://localhost/accounts")


def kid_of(file: Path) -> str:
    ring = key_source(Settings(database_url=POSTGRES, secret_key_file=file)).load()
    assert ring.active is not None
    return ring.active.key.kid


def mount(folder: Path, name: str, text: str) -> Path:
    """Mount a secret as Kubernetes does: a link to a link into a folder named by a time."""
    (folder / "..2026_11_27").mkdir()
    (folder / "..2026_11_27" / name).write_text(text)
    (folder / "..2026_11_27" / name).chmod(0o400)
    (folder / "..data").symlink_to("..2026_11_27")
    (folder / name).symlink_to(f"..data/{name}")
    return folder / name


def status(mode: int, uid: int) -> os.stat_result:
    return os.stat_result((stat.S_IFREG | mode, 1, 1, 1, uid, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "uid", "mounted", "accepted"),
    [
        (0o400, 1000, True, True),
        (0o600, 1000, True, True),
        (0o440, 1000, True, False),
        (0o640, 1000, True, False),
        (0o400, 0, True, True),
        (0o440, 0, True, True),
        (0o640, 0, True, True),
        (0o660, 0, True, False),
        (0o650, 0, True, False),
        (0o444, 0, True, False),
        (0o644, 0, True, False),
        (0o440, 0, False, False),
    ],
)
def test_the_group_may_read_a_mounted_file_of_root_and_nothing_else(
    mode: int, uid: int, mounted: bool, accepted: bool
) -> None:
    forbidden = forbidden_mode(status(mode, uid), mounted=mounted)
    assert (mode & forbidden == 0) is accepted


def test_a_mounted_file_may_be_of_root_and_no_other_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert trusted_owners(mounted=True) == {0, 1000}
    assert trusted_owners(mounted=False) == {1000}


def test_a_key_file_is_read_where_kubernetes_mounts_it(tmp_path: Path) -> None:
    assert kid_of(mount(tmp_path, "key", TEXT)) == KID


def test_a_keyring_is_read_through_a_link(tmp_path: Path) -> None:
    original = KeyringFile(tmp_path / "ring")
    original.change(lambda ring: ring.with_key(generate_key("HS256"), NOW))
    settings = Settings(
        database_url=POSTGRES, keyring_file=mount(tmp_path, "mounted", original.path.read_text())
    )
    assert key_source(settings).load() == original.load()


def test_a_link_that_is_replaced_leads_to_the_new_keyring(tmp_path: Path) -> None:
    link, first, second = (tmp_path / name for name in ("link", "first", "second"))
    for file in (first, second):
        KeyringFile(file).change(lambda ring: ring.with_key(generate_key("HS256"), NOW))
    link.symlink_to(first)
    ring = KeyringFile(link)
    loaded, version = ring.load(), ring.version()
    link.unlink()
    link.symlink_to(second)
    first.unlink()
    assert ring.version() != version
    assert ring.load() == KeyringFile(second).load() != loaded


def test_a_link_that_is_replaced_while_it_is_followed_leads_to_the_new_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, first, second = (tmp_path / name for name in ("link", "first", "second"))
    KeyringFile(second).change(lambda ring: ring.with_key(generate_key("HS256"), NOW))
    first.touch()
    link.symlink_to(first)
    read = keyring_file._read_ring

    def replace_first(path: Path) -> Keyring | None:
        if path == first:
            link.unlink()
            link.symlink_to(second)
            first.unlink()
        return read(path)

    monkeypatch.setattr(keyring_file, "_read_ring", replace_first)
    assert KeyringFile(link).load() == KeyringFile(second).load()


def test_a_change_of_a_linked_keyring_keeps_the_link(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    KeyringFile(link).change(lambda ring: ring.with_key(generate_key("HS256"), NOW))
    assert link.is_symlink()
    assert KeyringFile(target).load() == KeyringFile(link).load()


def test_a_file_of_root_that_all_can_read_says_how_to_mount_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(TEXT)
    file.chmod(0o444)
    with pytest.raises(UnsafeFile, match="read or written by others") as caught:
        read_private(file, mounted=True)
    assert f"chmod 4{'4' if os.geteuid() == 0 else '0'}0" in str(caught.value.hint)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_key_is_the_same_in_a_file_and_in_the_environment(
    tmp_path: Path, start: str, end: str
) -> None:
    write_private(tmp_path / "key", f"{start}{TEXT}{end}")
    assert kid_of(tmp_path / "key") == KID
    settings = load_settings({}, {"USERCTL_SECRET_KEY": f"{start}{TEXT}{end}"}, tmp_path / "none")
    assert settings.secret_key == TEXT


def test_only_one_line_end_is_no_part_of_a_key(tmp_path: Path) -> None:
    settings = load_settings({}, {"USERCTL_SECRET_KEY": f"{TEXT}\n\n"}, tmp_path / "none")
    assert settings.secret_key == f"{TEXT}\n"


def test_a_key_that_is_long_enough_with_its_line_end_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="32 bytes, not 31"):
        load_settings({}, {"USERCTL_SECRET_KEY": f"{'k' * 31}\n"}, tmp_path / "none")


@pytest.mark.parametrize("blank", [" " * 40, "\n" * 40, "\t \r\n" * 10])
def test_a_blank_key_is_refused(tmp_path: Path, blank: str) -> None:
    write_private(tmp_path / "key", blank)
    with pytest.raises(InvalidConfiguration, match="must not be blank"):
        kid_of(tmp_path / "key")


def test_a_config_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('token_issuer = "shop"\n', "utf-8-sig")
    assert load_settings({}, {}, file).token_issuer == "shop"
