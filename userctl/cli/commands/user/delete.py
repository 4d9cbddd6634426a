"""``userctl user delete``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.user.columns import USER_COLUMNS
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm, describe_users


@command(
    example="userctl user delete grace@example.com --yes",
    prints=lambda: schemas.users.UserRead,
)
def delete(
    context: CommandContext,
    users: Annotated[list[str], typer.Argument(metavar="USER", help="Ids or e-mail addresses.")],
    yes: options.YesOption = False,
    if_exists: Annotated[
        bool, typer.Option("--if-exists", help="Ignore users that do not exist.")
    ] = False,
    hard: Annotated[
        bool,
        typer.Option("--hard", help="Delete permanently, including users deleted earlier."),
    ] = False,
) -> None:
    """Delete users and end their sessions and tokens.

    Either all of the named users are deleted or none. Their e-mail addresses can be used again.
    'user restore' restores a deleted user until 'user purge' removes it.
    """
    recycle_bin = context.services.recycle_bin

    def compose() -> str | None:
        targets = recycle_bin.preview_deletion(users, missing_ok=if_exists, hard=hard)
        how = "Permanently delete" if hard else "Delete"
        return f"{how} {describe_users(targets)}" if targets else None

    confirm(context, compose, yes=yes)
    deleted = recycle_bin.delete(users, missing_ok=if_exists, hard=hard)
    context.emit_all(deleted, USER_COLUMNS)
