"""``userctl user edit``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.core.errors import InvalidInput


@command(
    example="userctl user edit ada@example.com",
    prints=lambda: schemas.apply.ApplyResult,
)
def edit(
    context: CommandContext, user: options.UserArgument, yes: options.YesOption = False
) -> None:
    """Change a user in your editor; show the plan first.

    VISUAL or EDITOR names the editor. The text is YAML as 'userctl apply' reads it.
    """
    if reason := context.why_not_interactive:
        raise InvalidInput(
            f"An editor needs a terminal, and {reason}.", hint="Use 'userctl user update'."
        )
    # The help of the program imports this module, and can do without the rest.
    from userctl.cli.commands.user.edit_run import run_edit  # noqa: PLC0415

    run_edit(context, user, yes=yes)
