"""``userctl logout``."""

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import access_tokens_last


@command(example="userctl logout")
def logout(context: CommandContext) -> None:
    """End the stored session and delete it."""
    ended = context.services.sessions.end()
    if ended is None:
        context.note("Not logged in; there was nothing to do.")
        return
    lasting = access_tokens_last(ended.access_tokens_valid_until)
    context.note(f"Logged out{lasting and f'; {lasting}'}.")
