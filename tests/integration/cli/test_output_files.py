"""No command replaces a file that userctl itself needs by what it writes."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.cli import PASSWORD, SECRET_KEY, Userctl
from userctl.core.secure_files import write_private

ADA = "ada@example.com"

OUTPUTS = [
    ("user", "export", "FILE", "--force", "--format", "jsonl"),
    ("audit", "export", "FILE", "--force", "--format", "jsonl"),
    ("metrics", "--textfile", "FILE"),
    ("user", "import", "users.csv", "--rejects", "FILE", "--on-conflict", "skip"),
    ("db", "backup", "FILE", "--force"),
    ("db", "copy", "--to", "sqlite:///FILE"),
]


@pytest.fixture
def full(local: Userctl) -> Userctl:
    """Userctl with every kind of file that an installation may have."""
    local.create(ADA)
    extra = {"USERCTL_DATABASE_URL": str(local.database_url)}
    full = Userctl(local.home, None, extra=extra)
    assert full("config", "init").code == 0
    full.login(ADA)
    (full.home / "users.csv").write_text("email\nbob@example.com\n")
    return full


def files_of(userctl: Userctl) -> dict[str, Path]:
    database = Path(userctl.extra["USERCTL_DATABASE_URL"].removeprefix("sqlite:///"))
    return {
        "database": database,
        "log": database.with_name(f"{database.name}-wal"),
        "journal": database.with_name(f"{database.name}-journal"),
        "embedded keyring": database.with_name(f"{database.name}.keys"),
        "lock": database.with_name(f"{database.name}.keys.lock"),
        "session": userctl.session_file,
        "config": userctl.home / ".config/userctl/config.toml",
    }


def refuses(userctl: Userctl, command: Sequence[str], file: Path) -> None:
    """Run a command that would replace a file, and make sure that it does not."""
    before = file.read_bytes() if file.exists() else None
    arguments = [argument.replace("FILE", str(file)) for argument in command]
    result = userctl(*arguments)
    assert result.code == 2, (arguments, result.out, result.err)
    assert "part of the installation" in result.err or "SQLite database" in result.err, result.err
    assert (file.read_bytes() if file.exists() else None) == before


def test_no_output_replaces_a_file_of_the_installation(full: Userctl) -> None:
    for command in OUTPUTS:
        for name, file in files_of(full).items():
            if (name, command[1]) != ("database", "copy"):
                refuses(full, command, file)
    assert full("whoami").code == 0
    assert full("user", "list", "-q").out == "1\n"


def test_no_output_replaces_what_belongs_to_a_database_on_a_server(
    home: Path, postgres_url: str
) -> None:
    userctl = Userctl(home, postgres_url, keyring=True)
    for command in (("key", "generate"), ("config", "init")):
        assert userctl(*command).code == 0
    userctl.create(ADA)
    userctl.login(ADA)
    (home / "users.csv").write_text("email\nbob@example.com\n")
    keyring, config = home / "keyring", home / ".config/userctl/config.toml"
    for command in OUTPUTS:
        for file in (keyring, home / "keyring.lock", config, userctl.session_file):
            refuses(userctl, command, file)
    assert userctl("whoami").code == 0


@pytest.mark.parametrize("setting", ["keyring_file", "secret_key_file"])
def test_no_output_replaces_the_keys_that_are_configured(full: Userctl, setting: str) -> None:
    file = full.home / "keys"
    full.extra[f"USERCTL_{setting.upper()}"] = str(file)
    if setting == "keyring_file":
        assert full("key", "generate").code == 0
    else:
        write_private(file, SECRET_KEY)
    for command in OUTPUTS:
        refuses(full, command, file)


def test_another_name_of_such_a_file_is_no_way_around(full: Userctl) -> None:
    database = files_of(full)["database"]
    names = [full.home / "link.jsonl", full.home / "hard.jsonl"]
    names[0].symlink_to(database)
    names[1].hardlink_to(database)
    (full.home / "folder").symlink_to(database.parent)
    for file in (*names, full.home / "folder" / database.name):
        for command in OUTPUTS[:5]:
            refuses(full, command, file)


def test_no_output_replaces_the_database_or_the_session_of_another_profile(full: Userctl) -> None:
    config = files_of(full)["config"]
    other = full.home / "other.db"
    config.write_text(f'[profiles.other]\ndatabase_url = "sqlite:///{other}"\n')
    options = ["--database-url", f"sqlite:///{other}", "--profile", "other"]
    assert full("db", "migrate", "-q", *options).code == 0
    assert full("user", "create", ADA, "--password-stdin", *options, stdin=PASSWORD).code == 0
    assert full("login", ADA, "--password-stdin", *options, stdin=PASSWORD).code == 0
    for command in OUTPUTS[:4]:
        refuses(full, command, other)
        refuses(full, command, full.session_file.with_name("session-other.json"))


def test_rejects_are_refused_before_anything_is_imported(full: Userctl) -> None:
    result = full("user", "import", "users.csv", "--rejects", str(files_of(full)["database"]))
    assert result.code == 2
    assert full("user", "list", "-q").out == "1\n"
