"""Where the signing keys come from."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from userctl.config.database_url import DatabaseURL
from userctl.config.settings import Settings
from userctl.core.errors import InvalidConfiguration, SecretKeyMissing, UnsafeFile
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile
from userctl.security.keys import key_source, signing_keyring
from userctl.security.new_keys import generate_key

SECRET = "a key for the tests of at least 32 bytes"
KEY = SigningKey.symmetric(SECRET.encode())
POSTGRES = DatabaseURL.parse("postgresql://localhost/accounts")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret.key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    return file


def ring_of(settings: Settings) -> Keyring:
    return signing_keyring(key_source(settings), NOW, notify=print)


def only_key(settings: Settings) -> SigningKey:
    (entry,) = ring_of(settings).keys
    assert entry.state == "active"
    return entry.key


def test_the_environment_wins_over_the_file(key_file: Path) -> None:
    settings = Settings(database_url=POSTGRES, secret_key=SECRET[::-1], secret_key_file=key_file)
    assert only_key(settings).signer == SECRET[::-1].encode()


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (SECRET, SECRET),
        (f"{SECRET}\n", SECRET),
        (f"{SECRET}\r\n", SECRET),
        (f" {SECRET}\t\n\n", f" {SECRET}\t\n"),
    ],
)
def test_a_key_file_holds_the_key_as_other_programs_read_it(
    key_file: Path, content: str, secret: str
) -> None:
    key_file.write_bytes(content.encode())
    settings = Settings(database_url=POSTGRES, secret_key_file=key_file)
    assert only_key(settings).signer == secret.encode()


def test_an_sqlite_database_gets_a_keyring_beside_it_once_and_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(database_url=DatabaseURL.for_sqlite(tmp_path / "userctl.db"))
    key = only_key(settings)
    assert (key.algorithm, len(key.signer) >= 32) == ("HS256", True)
    assert only_key(settings) == key
    assert capsys.readouterr().out.count("Created a new signing key") == 1
    file = tmp_path / "userctl.db.keys"
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {file.name, f"{file.name}.lock"}


def test_looking_at_the_keys_of_an_sqlite_database_makes_none(tmp_path: Path) -> None:
    settings = Settings(database_url=DatabaseURL.for_sqlite(tmp_path / "userctl.db"))
    assert key_source(settings).load() == Keyring()
    assert [*tmp_path.iterdir()] == []


def test_postgresql_asks_for_a_key_and_says_how() -> None:
    with pytest.raises(SecretKeyMissing) as caught:
        key_source(Settings(database_url=POSTGRES))
    for way in ("USERCTL_SECRET_KEY", "secret_key_file", "keyring_file", "userctl key generate"):
        assert way in str(caught.value.hint)


def test_a_key_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    settings = Settings(database_url=POSTGRES, secret_key_file=tmp_path / "missing")
    with pytest.raises(SecretKeyMissing, match="missing"):
        ring_of(settings)


@pytest.mark.parametrize("url", [POSTGRES, DatabaseURL.for_sqlite(Path("/x/userctl.db"))])
def test_a_keyring_that_is_named_has_to_be_there_and_is_generated(
    tmp_path: Path, url: DatabaseURL
) -> None:
    settings = Settings(database_url=url, keyring_file=tmp_path / "missing")
    with pytest.raises(SecretKeyMissing, match="missing") as caught:
        ring_of(settings)
    assert "userctl key generate" in str(caught.value.hint)
    KeyringFile(tmp_path / "missing").change(lambda ring: ring.with_key(generate_key("HS256"), NOW))
    assert only_key(settings).algorithm == "HS256"


def test_an_empty_keyring_signs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keyring"
    KeyringFile(file).change(lambda ring: ring)
    with pytest.raises(SecretKeyMissing, match="empty"):
        ring_of(Settings(database_url=POSTGRES, keyring_file=file))


@pytest.mark.parametrize("name", ["secret_key", "secret_key_file"])
def test_a_fixed_key_and_a_keyring_exclude_each_other(key_file: Path, name: str) -> None:
    settings = Settings(
        database_url=POSTGRES,
        keyring_file=key_file.with_name("keyring"),
        secret_key=SECRET if name == "secret_key" else None,
        secret_key_file=key_file if name == "secret_key_file" else None,
        origins={name: "the test"},
    )
    with pytest.raises(InvalidConfiguration, match=rf"{name} \(from the test\)"):
        key_source(settings)


def test_a_fixed_key_is_not_changed_and_names_its_place() -> None:
    source = key_source(
        Settings(
            database_url=POSTGRES,
            secret_key=SECRET,
            origins={"secret_key": "environment USERCTL_SECRET_KEY"},
        )
    )
    with pytest.raises(InvalidConfiguration, match="USERCTL_SECRET_KEY") as caught:
        source.change(lambda ring: ring)
    assert "key import" in str(caught.value.hint)


@pytest.mark.parametrize(
    "content",
    [
        "x" * 31,
        "",
        "\n",
        f"-----BEGIN PUBLIC KEY-----\n{'A' * 64}\n-----END PUBLIC KEY-----\n",
        json.dumps({"kty": "oct", "k": "A" * 64}),
    ],
)
def test_what_is_no_secret_is_refused(key_file: Path, content: str) -> None:
    key_file.write_text(content)
    with pytest.raises(InvalidConfiguration, match="secret_key_file"):
        ring_of(Settings(database_url=POSTGRES, secret_key_file=key_file))


@pytest.mark.parametrize("mode", [0o650, 0o604, 0o666, 0o620])
def test_a_key_file_open_to_others_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(UnsafeFile, match="others"):
        ring_of(Settings(database_url=POSTGRES, secret_key_file=key_file))


def test_the_name_of_a_key_is_stable_and_gives_nothing_away() -> None:
    assert KEY.kid == "a4c3182176207b57"
    assert KEY.kid != SigningKey.symmetric(SECRET[::-1].encode()).kid
    assert SECRET not in repr(KEY)
    assert str(KEY.members["k"]) not in repr(KEY)
