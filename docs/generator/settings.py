"""``reference/settings.md``."""

from dataclasses import MISSING, fields
from typing import Any

from generator.markdown import code, page, plain, table
from userctl.config.settings import SETTINGS, Settings
from userctl.core.errors import InvalidInput

INTRODUCTION = """\
Flags win over `USERCTL_*` environment variables, these over the profile chosen with `--profile`
or `USERCTL_PROFILE`, that over the rest of the config file, and that over the defaults.
`userctl config show` prints each value and where it came from; `userctl config init` writes a
commented file, and `userctl config path` prints where it belongs. An unknown key, or a value
that cannot be used, is an error that names the key and the place (exit code 2)."""

EXAMPLE = """\
```toml
password_min_length = 12

[profiles.prod]
database_url = "postgresql://userctl@db1.example.com,db2.example.com/accounts"
secret_key_file = "/etc/userctl/secret.key"
```"""

ELSEWHERE = """\
## Other variables

| variable | meaning |
| --- | --- |
| `USERCTL_PROFILE` | The profile, as `--profile` says it. |
| `NO_COLOR` | Print without color. |
| `PGPASSWORD`, `PGHOST`, ... | What libpq reads; see [PostgreSQL](../how-to/postgresql.md). |"""

DEFAULTS = {"database_url": "an SQLite file in the user's data folder"}


def settings_page() -> str:
    """Return the page of all settings."""
    rows = [
        [
            code(item.name),
            code(f"USERCTL_{item.name.upper()}"),
            _default(item.name, item.default),
            plain(_accepted(item.name)),
            plain(setting_help(item.name)),
        ]
        for item in fields(Settings)
        if item.name in SETTINGS
    ]
    header = ["key in config.toml", "environment", "default", "accepts", "meaning"]
    return page("Settings", INTRODUCTION, EXAMPLE, table(header, rows), ELSEWHERE)


def setting_help(name: str) -> str:
    """Return what a setting is for."""
    return str(SETTINGS[name]["about"])


def _default(name: str, value: Any) -> str:
    if name in DEFAULTS:
        return DEFAULTS[name]
    if value is None or value is MISSING:
        return ""
    return code(",".join(value) if isinstance(value, tuple) else value)


def _accepted(name: str) -> str:
    """Return what a setting may be: what its parser is for, or what it says when it refuses."""
    parse = SETTINGS[name]["parse"]
    if parse.__doc__:
        line = parse.__doc__.strip().partition("\n")[0].rstrip(".")
        return str(line.removeprefix("Accept "))
    try:
        parse("")
    except InvalidInput as error:
        return error.message.removeprefix("expected ").rstrip(".")
    return ""
