"""``userctl user unlock``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl user unlock ada@example.com",
    prints=lambda: schemas.users.UserDetail,
)
def unlock(context: CommandContext, user: options.UserArgument) -> None:
    """Clear a user's failed logins, so that they can log in again now."""
    context.emit(context.services.throttling.unlock(user))
