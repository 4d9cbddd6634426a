"""``userctl logout``."""

from userctl.cli.command import Commands
from userctl.cli.context import CommandContext

commands = Commands()


@commands.command("logout", example="userctl logout")
def logout(run: CommandContext) -> None:
    """End the stored session and forget it."""
    ended = run.services.sessions.end()
    run.note("Logged out." if ended else "Nobody was logged in.")
