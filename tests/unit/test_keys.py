"""Where the signing key comes from."""

from pathlib import Path

import pytest

from userctl.config import Settings
from userctl.database_url import DatabaseURL
from userctl.errors import InvalidConfiguration, SecretKeyMissing, UnsafeFile
from userctl.security.keys import SigningKey, load_signing_key

SECRET = "a key for the tests of at least 32 bytes"
POSTGRES = DatabaseURL.parse("postgresql://localhost/accounts")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret.key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    return file


def test_the_environment_wins_over_the_file(key_file: Path) -> None:
    settings = Settings(database_url=POSTGRES, secret_key=SECRET[::-1], secret_key_file=key_file)
    assert load_signing_key(settings).secret == SECRET[::-1].encode()


def test_a_key_file_holds_the_key_as_other_programs_read_it(key_file: Path) -> None:
    settings = Settings(database_url=POSTGRES, secret_key_file=key_file)
    assert load_signing_key(settings).secret == SECRET.encode()


def test_an_sqlite_database_gets_a_key_beside_it_once(tmp_path: Path) -> None:
    settings = Settings(database_url=DatabaseURL.for_sqlite(tmp_path / "userctl.db"))
    key = load_signing_key(settings)
    assert len(key.secret) >= 32
    assert load_signing_key(settings) == key
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("userctl.db.key", 0o600)


def test_postgresql_asks_for_a_key_and_says_how() -> None:
    with pytest.raises(SecretKeyMissing) as caught:
        load_signing_key(Settings(database_url=POSTGRES))
    assert "USERCTL_SECRET_KEY" in str(caught.value.hint)


def test_a_key_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    settings = Settings(database_url=POSTGRES, secret_key_file=tmp_path / "missing")
    with pytest.raises(SecretKeyMissing, match="missing"):
        load_signing_key(settings)


def test_a_short_key_is_refused(key_file: Path) -> None:
    key_file.write_text("x" * 31)
    with pytest.raises(InvalidConfiguration, match="31 bytes"):
        load_signing_key(Settings(database_url=POSTGRES, secret_key_file=key_file))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_key_file_open_to_others_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(UnsafeFile, match="others"):
        load_signing_key(Settings(database_url=POSTGRES, secret_key_file=key_file))


def test_the_name_of_a_key_is_stable_and_gives_nothing_away() -> None:
    key = SigningKey(SECRET.encode())
    assert key.kid == SigningKey(SECRET.encode()).kid
    assert key.kid != SigningKey(SECRET[::-1].encode()).kid
    assert SECRET not in repr(key)
    assert len(key.kid) == 16
