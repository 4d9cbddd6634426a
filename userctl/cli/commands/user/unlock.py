"""``userctl user unlock``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import change_users
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude, user_argument
from userctl.core.text import pluralize

ENABLE = "userctl user enable"


@command(
    example="userctl user unlock ada@example.com",
    prints=lambda: (schemas.users.UserDetail, schemas.batches.UserOutcome),
)
def unlock(context: CommandContext, selection: AnyUsers) -> None:
    """Clear failed logins of users, so that they can log in again now.

    Either all of them are unlocked or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.throttling
    if selection.single_user is None:
        change_users(context, selection, service.unlock_change(), Verb("Unlock", "Unlocked"))
        return
    context.choose_schema(schemas.users.UserDetail)
    unlocked = service.unlock(selection.single_user)
    context.emit(unlocked)
    disabled = (
        unlocked.status == "disabled" and f"still disabled: {ENABLE} {user_argument(unlocked)}"
    )
    if unlocked.effects.changed:
        cleared = f"{pluralize(unlocked.effects.failed_logins, 'failed login')} cleared"
        conclude(context, f"Unlocked {unlocked.email}", cleared, disabled or None)
    else:
        done = f"Nothing changed: {unlocked.email} has no failed logins"
        conclude(context, done, disabled or None)
