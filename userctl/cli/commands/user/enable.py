"""``userctl user enable``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.core.text import quote


@command(
    example="userctl user enable grace@example.com",
    prints=lambda: schemas.users.UserRead,
)
def enable(context: CommandContext, user: options.UserArgument) -> None:
    """Enable a disabled user, with their present password."""
    enabled = context.services.user_status.enable(user)
    if enabled.role not in context.settings.roles:
        context.note(f"Their role {quote(enabled.role)} is not configured; see 'user update'.")
    context.emit(enabled)
