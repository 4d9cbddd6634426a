"""The config file that ``userctl config init`` writes."""

from typing import Any

from userctl.config.settings import SETTINGS


def config_template() -> str:
    """Return a config file with every setting explained and commented out."""
    lines = [
        "# Settings of userctl. Options and USERCTL_* environment variables override this file.",
        "",
    ]
    for setting in SETTINGS.values():
        if not setting.secret:
            lines.append(f"# {setting.help}")
            if setting.default is None:
                lines.append(f"# Default: {setting.default_help}.")
            lines += [f"# {setting.name} = {_toml(setting.default)}", ""]
    lines += [
        "# A profile overrides the settings above when it is chosen with --profile prod.",
        "# [profiles.prod]",
        '# database_url = "postgresql://userctl@db.example.com/accounts"',
        '# secret_key_file = "/etc/userctl/secret.key"',
        "",
    ]
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if value is None:
        return '"..."'
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return str(value).lower() if isinstance(value, int) else f'"{value}"'
