"""``userctl session show``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl session show $(userctl session list -q --limit 1)",
    prints=lambda: schemas.session.UserSessionRead,
    records_event=False,
)
def show(context: CommandContext, session: options.SessionArgument) -> None:
    """Show when, how and from where a session was started."""
    context.emit(context.services.session_list.show(session))
