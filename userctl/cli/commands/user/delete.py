"""``userctl user delete``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import Verb, change_users
from userctl.cli.commands.user.columns import USER_COLUMNS
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm, describe_users


@command(
    example="userctl user delete grace@example.com --yes",
    prints=lambda: (schemas.users.UserRead, schemas.batches.UserOutcome),
)
def delete(
    context: CommandContext,
    selection: AnyUsers,
    if_exists: Annotated[
        bool, typer.Option("--if-exists", help="Ignore users that do not exist.")
    ] = False,
    hard: Annotated[
        bool,
        typer.Option("--hard", help="Delete permanently, including users deleted earlier."),
    ] = False,
) -> None:
    """Delete users and end their sessions and tokens.

    Either all of them are deleted or none, unless --keep-going is given. Their e-mail addresses
    can be used again.
    'user restore' restores a deleted user until 'user purge' removes it.
    """
    recycle_bin = context.services.recycle_bin
    how = "Permanently delete" if hard else "Delete"
    if selection.single is None:
        verb = Verb(how, "deleted", asks=True, missing_ok=if_exists)
        change_users(context, selection, recycle_bin.deleting(hard=hard), verb)
        return
    users = [selection.single]
    context.choose_schema(schemas.users.UserRead)

    def compose() -> str | None:
        targets = recycle_bin.preview_deletion(users, missing_ok=if_exists, hard=hard)
        return f"{how} {describe_users(targets)}" if targets else None

    confirm(context, compose, yes=selection.yes)
    deleted = recycle_bin.delete(users, missing_ok=if_exists, hard=hard)
    if not deleted:
        context.note(f"{selection.single} does not exist.")
    context.emit_all(deleted, USER_COLUMNS)
