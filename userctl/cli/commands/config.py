"""``userctl config``: settings and where they come from."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.config.settings import SETTINGS, config_path
from userctl.config.template import config_template
from userctl.core.errors import FileExists
from userctl.core.secure_files import create_private_folder, write_private

commands = Commands("config", "See the settings and begin a config file.")

COLUMNS = ("key", "value", "source")


@commands.command("show", prints="SettingRead", example="userctl config show")
def show(run: CommandContext) -> None:
    """List every setting, its value with secrets masked, and where it came from."""
    settings = run.settings
    records = [
        schemas.SettingRead(
            key=name,
            value=_shown(name, getattr(settings, name)),
            source=settings.origins[name],
        )
        for name in SETTINGS
    ]
    run.emit_all(records, COLUMNS)


def _shown(name: str, value: object) -> str | None:
    if value is None:
        return None
    if SETTINGS[name].secret:
        return "***"
    return ",".join(value) if isinstance(value, tuple) else str(value)


@commands.command("path", example="userctl config path")
def path(_run: CommandContext) -> None:
    """Print where the config file is looked for."""
    write(f"{config_path()}\n")


@commands.command("init", example="userctl config init")
def init(
    run: CommandContext,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a config file that is there.")
    ] = False,
) -> None:
    """Write a config file in which every setting stands, explained and commented out."""
    file = config_path()
    create_private_folder(file.parent)
    if not write_private(file, config_template(), replace=force):
        raise FileExists(f"There is a file {file} already.", hint="Give --force to replace it.")
    run.note(f"Wrote {file}.")
