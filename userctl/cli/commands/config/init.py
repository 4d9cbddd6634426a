"""``userctl config init``."""

from typing import Annotated

import typer

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude
from userctl.config.homes import config_path
from userctl.config.template import config_template
from userctl.core.errors import FileExists
from userctl.core.secure_files import create_private_folder, write_private


@command(example="userctl config init", records_event=False)
def init(
    context: CommandContext,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing config file.")
    ] = False,
) -> None:
    """Create a config file that explains every setting, commented out."""
    file = config_path()
    create_private_folder(file.parent)
    if not write_private(file, config_template(), replace=force):
        raise FileExists(f"{file} already exists.", hint="Pass --force to replace it.")
    conclude(context, f"Created {file}")
