"""``userctl config path``."""

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.config.homes import config_path


@command(example="userctl config path", records_event=False)
def path(_context: CommandContext) -> None:
    """Print the path of the config file."""
    write(f"{config_path()}\n")
