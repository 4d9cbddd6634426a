"""``userctl whoami``."""

from userctl.cli.command import Commands
from userctl.cli.context import CommandContext

commands = Commands()


@commands.command("whoami", prints="SessionRead", example="userctl whoami -o json")
def whoami(run: CommandContext) -> None:
    """Show who is logged in, when the session ends and where it is kept."""
    run.emit(run.services.sessions.who())
