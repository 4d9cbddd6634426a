"""Changes many users and reports an outcome for each, whatever the change is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import typer

from userctl import schemas
from userctl.cli.commands.user.outcomes import Verb, conclude_batch
from userctl.cli.commands.user.selection import UserSelection
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS, PARTIAL
from userctl.cli.output.render import write_error
from userctl.cli.questions import TARGETS_LISTED, confirm, describe_users
from userctl.core.errors import GuardRefused, UserctlError, UsersNotFound

GUARD = 10
"""How many users are changed without a confirmation."""

COLUMNS = ("reference", "id", "email", "role", "status", "outcome", "message")
"""The columns of a table; ``reference`` and ``message`` only where they say something."""


def change_users(
    context: CommandContext,
    selection: UserSelection,
    change: Any,
    verb: Verb,
    columns: Sequence[str] = COLUMNS,
) -> None:
    """Change users, all of them or none, and print one outcome for each in their order.

    Args:
        context: prints and asks.
        selection: the users.
        change: the change, as a service returned it.
        verb: what the change is called.
        columns: the columns of a table.
    """
    context.choose_schema(change.outcome)
    choice = selection.choice()
    confirmed = selection.yes or selection.dry_run
    if verb.asks and not context.is_interactive:
        confirm(context, lambda: None, yes=confirmed)
    options = schemas.batches.BatchOptions(
        keep_going=selection.keep_going,
        missing_ok=verb.missing_ok,
        dry_run=selection.dry_run,
        at_most=None if confirmed else 0 if verb.asks else GUARD,
    )
    batch = _Batch(context, choice, change)
    try:
        outcomes = _apply_confirmed(batch, options, verb)
    except UsersNotFound as error:
        raise _print_missing(context, error) from None
    shown = outcomes
    if context.quiet:
        shown = [outcome for outcome in outcomes if outcome.outcome != "failed"]
    hidden = set()
    if all(outcome.id is not None for outcome in outcomes):
        hidden.add("reference")
    if all(outcome.outcome != "failed" for outcome in outcomes):
        hidden.add("message")
    context.emit_all(shown, [column for column in columns if column not in hidden])
    conclude_batch(context, outcomes, verb, selection, ends_sessions=change.ends_sessions)
    if any(outcome.outcome == "failed" for outcome in outcomes):
        raise typer.Exit(PARTIAL)


@dataclass(frozen=True)
class _Batch:
    """The users to change, and the change."""

    context: CommandContext
    choice: "schemas.batches.UserChoice"
    change: Any

    def apply(self, options: "schemas.batches.BatchOptions") -> "list[schemas.batches.UserOutcome]":
        """Change them."""
        users = self.context.services.user_batches
        outcomes: list[schemas.batches.UserOutcome]
        outcomes = users.apply(self.choice, self.change, options)
        return outcomes

    def describe(self, options: "schemas.batches.BatchOptions", count: int) -> str:
        """Describe them for a question."""
        users = self.context.services.user_batches
        targets = users.preview(self.choice, self.change, options, TARGETS_LISTED)
        return describe_users(targets, total=count)


def _apply_confirmed(
    batch: _Batch, options: "schemas.batches.BatchOptions", verb: Verb
) -> "list[schemas.batches.UserOutcome]":
    """Change the users, and ask first if they are many."""
    while True:
        try:
            outcomes = batch.apply(options)
        except GuardRefused as refusal:
            if not batch.context.is_interactive:
                raise
            users = batch.describe(options, refusal.count)
            confirm(batch.context, partial(str, f"{verb.imperative} {users}"), yes=False)
            # If there are more of them by then, that needs another question.
            options = replace(options, at_most=refusal.count)
        else:
            return outcomes


def _print_missing(context: CommandContext, error: UsersNotFound) -> UserctlError:
    """Print a line about each user who does not exist, and return an error that sums it up."""
    if context.settings.output in JSON_FORMATS:
        return error
    for line in error.lines:
        write_error(line)
    error.message = f"{error.summary}."
    return error
