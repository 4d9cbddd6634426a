"""``userctl user disable``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.access_tokens import tell_access_tokens
from userctl.cli.commands.user.batch import Verb, change_users
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext


@command(
    example="userctl user disable grace@example.com",
    prints=lambda: (schemas.users.UserRead, schemas.batches.UserOutcome),
)
def disable(context: CommandContext, selection: AnyUsers) -> None:
    """Disable users and end all their sessions.

    Either all of them are disabled or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.user_status
    if selection.single is None:
        change_users(context, selection, service.disabling(), Verb("Disable", "disabled"))
        return
    context.choose_schema(schemas.users.UserRead)
    disabled = service.disable(selection.single)
    tell_access_tokens(context, [disabled.id])
    context.emit(disabled)
