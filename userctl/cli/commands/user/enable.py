"""``userctl user enable``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl user enable grace@example.com",
    prints=lambda: schemas.users.UserRead,
)
def enable(context: CommandContext, user: options.UserArgument) -> None:
    """Enable a disabled user, with the password they had."""
    context.emit(context.services.user_status.enable(user))
