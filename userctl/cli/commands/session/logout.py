"""``userctl logout``."""

from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(example="userctl logout")
def logout(context: CommandContext) -> None:
    """End the stored session and delete it."""
    ended = context.services.sessions.end()
    context.note("Logged out." if ended else "Not logged in; there was nothing to do.")
