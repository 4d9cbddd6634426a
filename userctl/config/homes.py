"""The folders of userctl in the home folder of the user, if one is known."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from userctl.core.errors import HomeUnknown

APP_NAME = "userctl"

_MISSING_FOLDER = Path("/nonexistent")
"""A folder that no system has (Debian Policy, section 9.2.3)."""


def config_path() -> Path:
    """Return the path of ``config.toml``.

    Raises:
        HomeUnknown: if no home folder is known.
    """
    return _folder(platformdirs.user_config_path) / "config.toml"


def state_path() -> Path:
    """Return the folder of the stored sessions.

    Raises:
        HomeUnknown: if no home folder is known.
    """
    return _folder(platformdirs.user_state_path)


def session_path(profile: str | None) -> Path:
    """Return the file of the session of a profile.

    Raises:
        HomeUnknown: if no home folder is known.
    """
    name = "session.json" if profile is None else f"session-{profile}.json"
    return state_path() / name


def data_path() -> Path:
    """Return the folder of the embedded database.

    Raises:
        HomeUnknown: if no home folder is known.
    """
    return _folder(platformdirs.user_data_path)


def default_database_path() -> Path:
    """Return the file of the embedded database, which is used unless another is chosen.

    If no home folder is known, it is a file that does not exist.
    """
    return (find_in_home(data_path) or _MISSING_FOLDER) / "userctl.db"


def find_in_home(find: Callable[[], Path]) -> Path | None:
    """Return a path in the home folder, or None if no home folder is known."""
    try:
        return find()
    except HomeUnknown:
        return None


def describe_home(variable: str) -> str:
    """Describe what decides where a file is looked for, for messages.

    Args:
        variable: the environment variable that takes precedence over HOME.
    """
    for name in (variable, "HOME"):
        value = os.environ.get(name)
        # A relative one must be ignored (XDG Base Directory Specification).
        if value and (name == "HOME" or Path(value).is_absolute()):
            return f"{name} is {value}"
    return "HOME is not set"


def _folder(find: Callable[[str], Path]) -> Path:
    try:
        folder = find(APP_NAME)
    except RuntimeError:
        folder = None
    if folder is None or not folder.is_absolute():
        home = os.environ.get("HOME")
        reason = f"HOME is '{home}', which is not an absolute path" if home else "HOME is not set"
        raise HomeUnknown(f"No home folder is known for uid {os.geteuid()}: {reason}.")
    return folder
