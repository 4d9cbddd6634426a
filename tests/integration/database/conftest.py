"""Backups, and the contents of databases."""

from pathlib import Path

from tests.support.cli import Userctl

ADA, EVE = "ada@example.com", "eve@example.com"


def emails(userctl: Userctl) -> list[str]:
    """Return the addresses of all accounts."""
    return [user["email"] for user in userctl("user", "list", "-o", "json").json]


def write_backup(userctl: Userctl, name: str = "a.backup") -> Path:
    """Write a backup and return its path."""
    assert userctl("db", "backup", name).code == 0
    return userctl.home / name


def last_tag(userctl: Userctl) -> str:
    """Return the tag of the last event."""
    [event] = userctl("audit", "list", "--limit", "1", "-o", "json").json
    return str(event["tag"])


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    # How a run ended is recorded under HOME.
    return sorted(path.name for path in folder.iterdir() if path.name != ".local")
