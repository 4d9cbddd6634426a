"""``reference/settings.md``."""

from generator.markdown import code, page, plain, table
from userctl.config.settings import SETTINGS, Setting

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


def settings_page() -> str:
    """Return the page of all settings."""
    rows = [
        [
            code(setting.name),
            code(setting.environment),
            _default(setting),
            plain(setting.parser.expected),
            plain(setting.help),
        ]
        for setting in SETTINGS.values()
    ]
    header = ["key in config.toml", "environment", "default", "accepts", "meaning"]
    return page("Settings", INTRODUCTION, EXAMPLE, table(header, rows), ELSEWHERE)


def _default(setting: Setting) -> str:
    value = setting.default
    if value is None:
        return plain(setting.default_help)
    return code(",".join(value) if isinstance(value, tuple) else value)
