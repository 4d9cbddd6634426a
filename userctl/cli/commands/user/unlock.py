"""``userctl user unlock``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import Verb, change_users
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext


@command(
    example="userctl user unlock ada@example.com",
    prints=lambda: (schemas.users.UserDetail, schemas.batches.UserOutcome),
)
def unlock(context: CommandContext, selection: AnyUsers) -> None:
    """Clear failed logins of users, so that they can log in again now.

    Either all of them are unlocked or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.throttling
    if selection.single is None:
        change_users(context, selection, service.unlocking(), Verb("Unlock", "unlocked"))
        return
    context.choose_schema(schemas.users.UserDetail)
    context.emit(service.unlock(selection.single))
