"""``userctl logout``."""

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import describe_validity
from userctl.cli.verdicts import conclude


@command(example="userctl logout")
def logout(context: CommandContext) -> None:
    """End the stored session and delete it."""
    ended = context.services.sessions.end()
    if ended is None:
        conclude(context, "Nothing changed: not logged in")
        return
    validity = describe_validity(ended.access_tokens_valid_until)
    conclude(context, f"Logged out {ended.email}".rstrip(), validity)
