"""Settings: flags over environment over profile over config file over defaults."""

import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from userctl.config.database_url import DatabaseURL
from userctl.config.parsers import (
    database_url,
    one_of,
    path,
    plain_text,
    role_names,
    secret_key,
    visible_name,
    whole_number,
)
from userctl.core.errors import InvalidConfiguration, InvalidInput

APP_NAME = "userctl"
OutputFormat = Literal["table", "json", "jsonl", "csv"]
LogFormat = Literal["text", "json"]

LONGEST_ACCESS_TOKEN_MINUTES = 1440

Raw = tuple[Any, str]
"""A value as it was found, and where."""


def config_path() -> Path:
    """Return where ``config.toml`` is looked for."""
    return platformdirs.user_config_path(APP_NAME) / "config.toml"


def state_path() -> Path:
    """Return the folder that holds stored sessions."""
    return platformdirs.user_state_path(APP_NAME)


def default_database_path() -> Path:
    """Return where the embedded database lives unless another is chosen."""
    return platformdirs.user_data_path(APP_NAME) / "userctl.db"


def _setting(
    parse: Callable[[Any], Any], about: str, default: Any = None, *, secret: bool = False
) -> Any:
    metadata = {"parse": parse, "about": about, "secret": secret}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, with the place each value came from."""

    database_url: DatabaseURL = _setting(
        database_url, "The database: sqlite:///PATH or postgresql://USER@HOST/DATABASE."
    )
    secret_key: str | None = _setting(
        secret_key, "The HS256 key itself; only from the environment.", secret=True
    )
    secret_key_file: Path | None = _setting(
        path, "A file that holds the HS256 key, readable by its owner alone."
    )
    keyring_file: Path | None = _setting(
        path, "A file of keys that change, instead of one; see 'userctl key'."
    )
    actor: str | None = _setting(
        visible_name, "Who does this, for the audit trail; else the account that is logged in."
    )
    output: str = _setting(one_of(*get_args(OutputFormat)), "How records are printed.", "table")
    log_format: str = _setting(one_of(*get_args(LogFormat)), "How -v writes what is done.", "text")
    roles: tuple[str, ...] = _setting(
        role_names, "The roles an account may have.", ("user", "admin")
    )
    password_min_length: int = _setting(
        whole_number(8, 64), "The shortest password, in characters.", 8
    )
    password_cost: int = _setting(whole_number(10, 20), "The bcrypt cost of new hashes.", 12)
    login_attempts: int = _setting(
        whole_number(1, 1000), "How many logins to one address may fail in a window of time.", 5
    )
    login_window_minutes: int = _setting(
        whole_number(1, 1440), "How long such a window is, in minutes.", 15
    )
    token_issuer: str = _setting(plain_text, "The 'iss' claim of access tokens.", APP_NAME)
    token_audience: str | None = _setting(plain_text, "The 'aud' claim of access tokens, if any.")
    token_subject: str = _setting(
        one_of("email", "id"), "What the 'sub' claim of access tokens holds.", "email"
    )
    access_token_minutes: int = _setting(
        whole_number(1, LONGEST_ACCESS_TOKEN_MINUTES),
        "How long an access token is valid, in minutes.",
        60,
    )
    refresh_token_days: int = _setting(
        whole_number(1, 365), "How long a refresh token may lie unused, in days.", 7
    )
    session_days: int = _setting(
        whole_number(1, 365), "When a session ends however often it is refreshed, in days.", 30
    )
    profile: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)


SETTINGS = {f.name: f.metadata for f in fields(Settings) if f.metadata}
"""Name to metadata (``parse``, ``about``, ``secret``) of what a user may set."""


def is_secret(name: str) -> bool:
    """Tell whether the value of a setting must not be shown."""
    return bool(SETTINGS[name]["secret"])


def environment_name(setting: str) -> str:
    """Return the environment variable of a setting."""
    return f"USERCTL_{setting.upper()}"


def load_settings(
    flags: Mapping[str, str], environ: Mapping[str, str] = os.environ, file: Path | None = None
) -> Settings:
    """Gather the settings.

    Args:
        flags: what the command line sets, by setting name, and ``profile``.
        environ: the environment, read for ``USERCTL_*``.
        file: the config file; None for the user's own.

    Raises:
        InvalidConfiguration: naming the key, the value's place and what is expected.
    """
    profile = flags.get("profile", environ.get("USERCTL_PROFILE"))
    chosen = {
        **_from_file(file or config_path(), profile),
        **_from_environment(environ),
        **_from_flags(flags),
    }
    values = {name: _parsed(name, raw, place) for name, (raw, place) in chosen.items()}
    values.setdefault("database_url", DatabaseURL.for_sqlite(default_database_path()))
    origins = {name: chosen[name][1] if name in chosen else "default" for name in SETTINGS}
    return Settings(**values, profile=profile, origins=origins)


def _from_file(file: Path, profile: str | None) -> dict[str, Raw]:
    document = _read(file)
    common = {name: value for name, value in document.items() if name != "profiles"}
    found = _section(common, str(file))
    if profile is not None:
        found |= _section(_profile(document, profile, file), f"profile '{profile}' in {file}")
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, Raw]:
    variables = {name: environment_name(name) for name in SETTINGS}
    return {
        name: (environ[variable], f"environment {variable}")
        for name, variable in variables.items()
        if variable in environ
    }


def _from_flags(flags: Mapping[str, str]) -> dict[str, Raw]:
    return {
        name: (flags[name], f"option --{name.replace('_', '-')}")
        for name in SETTINGS
        if name in flags
    }


def _parsed(name: str, raw: Any, place: str) -> Any:
    try:
        return SETTINGS[name]["parse"](raw)
    except InvalidInput as error:
        message = error.message.rstrip(".")
        raise InvalidConfiguration(f"{name} (from {place}): {message}.", hint=error.hint) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        # Reading a FIFO would wait for somebody to write it.
        if not stat.S_ISREG(file.stat().st_mode):
            raise InvalidConfiguration(f"{file} is not a regular file.")
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidConfiguration(f"Cannot read {file}: {error}") from error


def _profile(document: dict[str, Any], profile: str, file: Path) -> dict[str, Any]:
    profiles = document.get("profiles", {})
    section = profiles.get(profile) if isinstance(profiles, dict) else None
    if not isinstance(section, dict):
        raise InvalidConfiguration(
            f"There is no profile '{profile}' in {file}.",
            hint=f"Add a section [profiles.{profile}], or choose another with --profile.",
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", profile):
        raise InvalidConfiguration(
            f"'{profile}' cannot be the name of a profile.",
            hint="Use letters, digits, '-' and '_'.",
        )
    return section


def _section(section: dict[str, Any], place: str) -> dict[str, Raw]:
    for name in section:
        if name not in SETTINGS:
            raise InvalidConfiguration(
                f"'{name}' (in {place}) is not a setting.",
                hint=f"The settings are: {', '.join(SETTINGS)}.",
            )
        if is_secret(name):
            raise InvalidConfiguration(
                f"'{name}' (in {place}) does not belong in a config file.",
                hint=f"Set {environment_name(name)}, or name a file with {name}_file.",
            )
    return {name: (value, place) for name, value in section.items()}
