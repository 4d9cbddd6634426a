"""``userctl whoami``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl whoami -o json",
    prints=lambda: schemas.session.SessionRead,
    records_event=False,
)
def whoami(context: CommandContext) -> None:
    """Show who is logged in and when the session ends."""
    context.emit(context.services.sessions.whoami())
