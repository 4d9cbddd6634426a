"""The config file that ``userctl config init`` writes."""

from dataclasses import fields
from typing import Any

from userctl.config.settings import Settings


def config_template() -> str:
    """Return a config file in which every setting stands, explained and commented out."""
    lines = [
        "# Settings of userctl. Flags and USERCTL_* environment variables win over this file.",
        "",
    ]
    for item in fields(Settings):
        if item.metadata and not item.metadata["secret"]:
            lines += [f"# {item.metadata['about']}", f"# {item.name} = {_toml(item.default)}", ""]
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
    return str(value) if isinstance(value, int) else f'"{value}"'
