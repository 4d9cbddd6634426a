"""``userctl user show``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl user show ada@example.com",
    prints=lambda: schemas.users.UserDetail,
    records_event=False,
)
def show(context: CommandContext, user: options.UserArgument) -> None:
    """Show a user and their failed logins."""
    context.emit(context.services.throttling.show(user))
