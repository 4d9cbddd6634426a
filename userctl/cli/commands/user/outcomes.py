"""Sums up in one line what happened to many users, and how to undo it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from userctl.cli.commands.user.selection import UserSelection
from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import describe_ended
from userctl.cli.verdicts import access_tokens_until, conclude, conclude_dry_run
from userctl.core.text import pluralize
from userctl.formats.file_format import STREAM

if TYPE_CHECKING:
    from userctl.schemas.batches import UserOutcome

LISTED = 10
"""How many users the undo command names at most."""


@dataclass(frozen=True)
class Verb:
    """What a change is called.

    Attributes:
        imperative: in a question: ``Disable``.
        past: of users who were changed: ``Disabled``.
        asks: whether it always asks, however few users there are.
        missing_ok: whether users may be missing.
        undo: the command that undoes it, if one does.
        undo_one_by_one: whether that takes one user at a time.
    """

    imperative: str
    past: str
    asks: bool = False
    missing_ok: bool = False
    undo: str | None = None
    undo_one_by_one: bool = False


def conclude_batch(
    context: CommandContext,
    outcomes: "Sequence[UserOutcome]",
    verb: Verb,
    selection: UserSelection,
    *,
    ends_sessions: bool,
) -> None:
    """Sum up in one line what was done, and name users who were missing.

    Args:
        context: prints the line.
        outcomes: what happened to each user.
        verb: what the change is called.
        selection: how the users were selected.
        ends_sessions: whether the change ended sessions of users who still exist.
    """
    for each in outcomes:
        if each.outcome == "missing" and each.message is not None:
            context.note(each.message)
    missing = [o.reference for o in outcomes if o.outcome == "missing" and o.message is None]
    if missing:
        context.note(f"{', '.join(missing)} {'does' if len(missing) == 1 else 'do'} not exist.")
    changed = [each for each in outcomes if each.outcome in {"changed", "would_change"}]
    others = [
        f"{count:,} {kind}"
        for kind in ("unchanged", "missing", "failed")
        if (count := sum(each.outcome == kind for each in outcomes))
    ]
    if not outcomes:
        conclude(context, "Nothing changed: no user matches")
    elif selection.dry_run:
        would = f"this would {verb.imperative[0].lower()}{verb.imperative[1:]}"
        parts = [f"{would} {pluralize(len(changed), 'user')}", *others]
        conclude_dry_run(context, ", ".join(parts))
    else:
        done = f"{verb.past} {pluralize(len(changed), 'user')}" if changed else "Nothing changed"
        parts = [done, *others]
        summary = ", ".join(parts) if changed else f"{done}: {', '.join(others)}"
        undo = _undo(outcomes, changed, verb, selection)
        ends = _describe_effects(context, outcomes, ends_sessions=ends_sessions)
        is_mixed = len(_former_roles(changed)) > 1
        mixed = "their former roles: userctl audit list --changed role" if is_mixed else ""
        conclude(context, summary, ends, mixed, undo=undo)


def _describe_effects(
    context: CommandContext, outcomes: "Sequence[UserOutcome]", *, ends_sessions: bool
) -> str:
    """Describe what the change ended, and until when access tokens stay valid."""
    # Sessions of users who were already disabled may have ended just now.
    done = [each for each in outcomes if each.outcome in {"changed", "unchanged"}]
    until = max(filter(None, (each.effects.access_tokens_until for each in done)), default=None)
    if ends_sessions:
        until = access_tokens_until(context, [each.id for each in done if each.id is not None])
    sessions = sum(each.effects.sessions for each in done)
    return describe_ended(
        until, session=sessions, API_token=sum(e.effects.api_tokens for e in done)
    )


def _former_roles(changed: "Sequence[UserOutcome]") -> set[str]:
    """Return the former roles of users; an empty one if roles were not changed."""
    return {str(each.effects.old_values.get("role", "")) for each in changed}


def _undo(
    outcomes: "Sequence[UserOutcome]",
    changed: "Sequence[UserOutcome]",
    verb: Verb,
    selection: UserSelection,
) -> str | None:
    """Return the command that undoes the change, if there is one."""
    if verb.undo is None or not changed:
        return None
    former = _former_roles(changed)
    if len(former) > 1:
        # There is no one command for users who had different roles.
        return None
    option = f" --role {shlex.quote(role)}" if (role := former.pop()) else ""
    if verb.undo_one_by_one:
        targets = str(changed[0].id) if len(changed) == 1 else "ID, for each"
    elif len(changed) <= LISTED:
        targets = " ".join(str(each.id) for each in changed)
    elif selection.from_file not in (None, STREAM) and len(changed) == len(outcomes):
        targets = f"--from-file {shlex.quote(str(selection.from_file))}"
    else:
        targets = "--from-file FILE, with the ids above in it"
    return f"{verb.undo} {targets}{option}"
