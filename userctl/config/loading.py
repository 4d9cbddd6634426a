"""Loading of the settings: flags override environment, profile, config file and defaults."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from userctl.config.homes import config_path, describe_home, find_in_home
from userctl.config.settings import SETTINGS, Settings
from userctl.core.errors import InvalidConfiguration, InvalidInput
from userctl.core.text import escape_invisible

FoundValue = tuple[Any, str]
"""An unparsed value, and the place where it was found."""


def load_settings(
    flags: Mapping[str, Any],
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    *,
    flag_label: str = "option --{option}",
) -> Settings:
    """Return the settings in force.

    Args:
        flags: the values from the caller by setting name, and ``profile``.
        environ: the environment, read for ``USERCTL_*``.
        file: the config file; None for the user's own.
        flag_label: how messages name a value from the caller.

    Raises:
        InvalidConfiguration: with the setting, the place of its value and what is expected.
    """
    profile = flags.get("profile", environ.get("USERCTL_PROFILE"))
    found = {
        **_find_in_file(file or config_file(profile), profile),
        **find_in_environment(environ),
        **find_in_flags(flags, flag_label),
    }
    values = {name: parse(name, raw, place) for name, (raw, place) in found.items()}
    origins = {name: found[name][1] if name in found else "default" for name in SETTINGS}
    return Settings(**values, profile=profile, origins=origins)


def profile_names() -> list[str]:
    """Return the names of the profiles in the user's config file.

    Raises:
        InvalidConfiguration: if it cannot be read.
    """
    profiles = read_document(config_path()).get("profiles", {})
    return list(profiles) if isinstance(profiles, dict) else []


def config_file(profile: str | None) -> Path | None:
    """Return the config file of the user, if there is a home; a profile can only be in it.

    Raises:
        HomeUnknown: if a profile is chosen and there is no home.
    """
    return find_in_home(config_path) if profile is None else config_path()


def _find_in_file(file: Path | None, profile: str | None) -> dict[str, FoundValue]:
    if file is None:
        return {}
    document = read_document(file)
    common = {name: value for name, value in document.items() if name != "profiles"}
    found = check_section(common, str(file))
    if profile is not None:
        place = f"profile '{profile}' in {file}"
        found |= check_section(profile_section(document, profile, file), place)
    return found


def find_in_environment(environ: Mapping[str, str]) -> dict[str, FoundValue]:
    """Return the values that the environment sets."""
    return {
        name: (environ[setting.environment], f"environment {setting.environment}")
        for name, setting in SETTINGS.items()
        if setting.environment in environ
    }


def find_in_flags(
    flags: Mapping[str, Any], flag_label: str = "option --{option}"
) -> dict[str, FoundValue]:
    """Return the values that options set."""
    return {
        name: (flags[name], flag_label.format(name=name, option=name.replace("_", "-")))
        for name in SETTINGS
        if name in flags
    }


def parse(name: str, raw: Any, place: str) -> Any:
    """Return the value of a setting.

    Raises:
        InvalidConfiguration: if it cannot be used, with the place where it was found.
    """
    try:
        return SETTINGS[name].parser(raw)
    except InvalidInput as error:
        message = error.message.rstrip(".")
        raise InvalidConfiguration(f"{name} (from {place}): {message}.", hint=error.hint) from None


def read_document(file: Path) -> dict[str, Any]:
    """Return the content of a config file, which is empty if the file does not exist.

    Raises:
        InvalidConfiguration: if it cannot be read.
    """
    try:
        return tomllib.loads(read_text(file))
    except (FileNotFoundError, NotADirectoryError):
        # The home of a system user may be /dev/null.
        return {}
    except PermissionError as error:
        raise InvalidConfiguration(
            f"Cannot read {file}: {error.strerror} ({describe_home('XDG_CONFIG_HOME')}).",
            hint="Set HOME to the home folder of the user that runs userctl.",
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidConfiguration(f"{file} is not UTF-8.", hint="Save it as UTF-8.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidConfiguration(f"Cannot read {file}: {error}.") from error


def read_text(file: Path) -> str:
    """Return the text of a config file.

    Raises:
        InvalidConfiguration: if it is not a regular file.
        OSError, UnicodeDecodeError: if it cannot be read.
    """
    # Reading a FIFO would wait for a writer, and reading a device might never end.
    if not stat.S_ISREG(file.stat().st_mode):
        raise InvalidConfiguration(f"{file} is not a regular file.")
    # An editor may have written a byte order mark.
    return file.read_text("utf-8-sig")


def profile_section(document: dict[str, Any], profile: str, file: Path) -> dict[str, Any]:
    """Return the section of a profile.

    Raises:
        InvalidConfiguration: if there is none, or the name is invalid.
    """
    profiles = document.get("profiles", {})
    section = profiles.get(profile) if isinstance(profiles, dict) else None
    name = escape_invisible(profile[:50])
    if not isinstance(section, dict):
        raise InvalidConfiguration(
            f"{file} has no profile '{name}'.",
            hint=f"Add a section [profiles.{name}], or choose another with --profile.",
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", profile):
        raise InvalidConfiguration(
            f"'{name}' cannot be the name of a profile.",
            hint="Use up to 50 letters, digits, '-' and '_'.",
        )
    return section


def check_section(section: dict[str, Any], place: str) -> dict[str, FoundValue]:
    """Return the values of a section.

    Raises:
        InvalidConfiguration: if a name is not a setting, or must not be set in a file.
    """
    for name in section:
        if name not in SETTINGS:
            raise InvalidConfiguration(
                f"'{name[:50]}' (in {place}) is not a setting.",
                hint=f"The settings are: {', '.join(SETTINGS)}.",
            )
        if SETTINGS[name].secret:
            raise InvalidConfiguration(
                f"'{name}' (in {place}) must not be set in a config file.",
                hint=f"Set {SETTINGS[name].environment}, or name a file with {name}_file.",
            )
    return {name: (value, place) for name, value in section.items()}
