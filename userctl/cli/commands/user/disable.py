"""``userctl user disable``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl user disable grace@example.com",
    prints=lambda: schemas.users.UserRead,
)
def disable(context: CommandContext, user: options.UserArgument) -> None:
    """Disable a user and end all their sessions."""
    context.emit(context.services.user_status.disable(user))
