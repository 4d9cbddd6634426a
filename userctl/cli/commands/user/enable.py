"""``userctl user enable``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import Verb, change_users
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext
from userctl.core.text import quote


@command(
    example="userctl user enable grace@example.com",
    prints=lambda: (schemas.users.UserRead, schemas.batches.UserOutcome),
)
def enable(context: CommandContext, selection: AnyUsers) -> None:
    """Enable disabled users, with their present passwords.

    Either all of them are enabled or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.user_status
    if selection.single is None:
        change_users(context, selection, service.enabling(), Verb("Enable", "enabled"))
        return
    context.choose_schema(schemas.users.UserRead)
    enabled = service.enable(selection.single)
    if enabled.role not in context.settings.roles:
        context.note(f"Their role {quote(enabled.role)} is not configured; see 'user update'.")
    context.emit(enabled)
