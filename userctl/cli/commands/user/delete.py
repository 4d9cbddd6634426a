"""``userctl user delete``."""

from dataclasses import replace
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
from userctl.core.errors import UserNotFound

SOFT = Verb("Delete", "Deleted", asks=True, undo="user restore", undo_one_by_one=True)
HARD = Verb("Permanently delete", "Permanently deleted", asks=True)


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
    verb = replace(HARD if hard else SOFT, missing_ok=if_exists)
    if selection.single_user is None:
        change = context.services.recycle_bin.delete_change(hard=hard)
        change_users(context, selection, change, verb)
    else:
        _delete_one(context, selection.single_user, verb, hard=hard, yes=selection.yes)


def _delete_one(context: CommandContext, user: str, verb: Verb, *, hard: bool, yes: bool) -> None:
    context.choose_schema(schemas.users.UserRead)
    recycle_bin, missing_ok = context.services.recycle_bin, verb.missing_ok

    def compose() -> str | None:
        targets = recycle_bin.preview_deletion([user], missing_ok=missing_ok, hard=hard)
        return f"{verb.imperative} {describe_users(targets)}" if targets else None

    confirm(context, compose, yes=yes)
    deleted = recycle_bin.delete([user], missing_ok=missing_ok, hard=hard)
    context.emit_all(deleted, USER_COLUMNS)
    for each in deleted:
        # The address may be that of several deleted users.
        undo = verb.undo and f"{verb.undo} {each.id}"
        conclude_user(context, f"{verb.past} {each.email}", each, undo=undo)
    if not deleted:
        conclude(context, f"Nothing changed: {_explain_missing(context, user)}")


def _explain_missing(context: CommandContext, user: str) -> str:
    """Explain why a user is missing: it may have been deleted."""
    try:
        context.services.users.show(user)
    except UserNotFound as error:
        if error.hint is not None:
            return f"{error.message[0].lower()}{error.message[1:]} {error.hint.rstrip('.')}"
    return f"{user} does not exist"
