"""``userctl token print``."""

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write


@command(
    example='curl -H "Authorization: Bearer $(userctl token print)" localhost', records_event=False
)
def print_(context: CommandContext) -> None:
    """Print the access token of the stored session.

    It is refreshed first if it has expired or is about to.
    """
    write(context.services.sessions.access_token() + "\n")
