"""``userctl user delete``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import change_users
from userctl.cli.commands.user.columns import USER_COLUMNS
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import AnyUsers
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm, describe_users
from userctl.cli.verdicts import conclude, conclude_user


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
        past = "Permanently deleted" if hard else "Deleted"
        undo = None if hard else "user restore"
        verb = Verb(how, past, asks=True, missing_ok=if_exists, undo=undo, undo_one_by_one=True)
        change_users(context, selection, recycle_bin.deleting(hard=hard), verb)
        return
    users = [selection.single]
    context.choose_schema(schemas.users.UserRead)

    def compose() -> str | None:
        targets = recycle_bin.preview_deletion(users, missing_ok=if_exists, hard=hard)
        return f"{how} {describe_users(targets)}" if targets else None

    confirm(context, compose, yes=selection.yes)
    deleted = recycle_bin.delete(users, missing_ok=if_exists, hard=hard)
    context.emit_all(deleted, USER_COLUMNS)
    _tell(context, selection.single, deleted, hard=hard)


def _tell(
    context: CommandContext, reference: str, deleted: "list[schemas.users.UserRead]", *, hard: bool
) -> None:
    """Say in one line who was deleted, and how to restore them."""
    for user in deleted:
        if hard:
            conclude_user(context, f"Permanently deleted {user.email}", user)
        else:
            # The address can be that of another user who was deleted.
            conclude_user(context, f"Deleted {user.email}", user, undo=f"user restore {user.id}")
    if not deleted:
        conclude(context, f"Nothing changed: {reference} does not exist")
