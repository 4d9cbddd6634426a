"""``userctl user disable``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import change_users
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude_user, user_argument


@command(
    example="userctl user disable grace@example.com",
    prints=lambda: (schemas.users.UserRead, schemas.batches.UserOutcome),
)
def disable(context: CommandContext, selection: AnyUsers) -> None:
    """Disable users and end all their sessions.

    Either all of them are disabled or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.user_status
    if selection.single_user is None:
        verb = Verb("Disable", "Disabled", undo="user enable")
        change_users(context, selection, service.disable_change(), verb)
        return
    context.choose_schema(schemas.users.UserRead)
    disabled = service.disable(selection.single_user)
    context.emit(disabled)
    if disabled.effects.changed:
        undo = f"user enable {user_argument(disabled)}"
        conclude_user(context, f"Disabled {disabled.email}", disabled, undo=undo)
    else:
        done = f"Nothing changed: {disabled.email} was disabled already"
        conclude_user(context, done, disabled)
