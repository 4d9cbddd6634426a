"""``userctl user enable``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import change_users
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude, user_argument
from userctl.core.text import quote


@command(
    example="userctl user enable grace@example.com",
    prints=lambda: (schemas.users.UserRead, schemas.batches.UserOutcome),
)
def enable(context: CommandContext, selection: AnyUsers) -> None:
    """Enable disabled users, with their current passwords.

    Either all of them are enabled or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.user_status
    if selection.single_user is None:
        verb = Verb("Enable", "Enabled", undo="user disable")
        change_users(context, selection, service.enable_change(), verb)
        return
    context.choose_schema(schemas.users.UserRead)
    enabled = service.enable(selection.single_user)
    context.emit(enabled)
    facts = [] if enabled.has_password else ["no password: set one with 'userctl user passwd'"]
    if enabled.role not in context.settings.roles:
        facts.append(f"their role {quote(enabled.role)} is not configured: see 'user update'")
    if enabled.effects.changed:
        undo = f"user disable {user_argument(enabled)}"
        conclude(context, f"Enabled {enabled.email}", *facts, undo=undo)
    else:
        conclude(context, f"Nothing changed: {enabled.email} was not disabled", *facts)
