"""The line that ends a change: what was done, to whom, what else it did, and how to undo it."""

import re
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from userctl.cli.context import CommandContext
from userctl.cli.output.render import flush
from userctl.cli.output.sessions_ended import describe_ended
from userctl.core.errors import UserctlError

if TYPE_CHECKING:
    from userctl.schemas.users import Effects, UserRead


def conclude(
    context: CommandContext, outcome: str, *effects: str | None, undo: str | None = None
) -> None:
    """Say in one line what a command did, after everything that it prints.

    Args:
        context: prints the line, unless --quiet was given.
        outcome: what was done and to whom, in the past tense.
        effects: what else that did; empty ones are left out.
        undo: the arguments of the command that undoes it, if one does.
    """
    # A log has lines of one format only, and one of its own about what was committed.
    is_log = context.verbosity > 0 and not (sys.stderr and sys.stderr.isatty())
    if context.quiet or is_log:
        return
    flush()
    facts = "; ".join(filter(None, effects))
    undo_hint = f" Undo: userctl {undo}{place_options(context)}" if undo else ""
    context.note(f"{outcome}{f' ({facts})' if facts else ''}.{undo_hint}")


def conclude_dry_run(context: CommandContext, outcome: str) -> None:
    """Say in one line what a command would do, as :func:`conclude` says what one did."""
    conclude(context, f"Dry run; nothing was changed: {outcome}")


def sole_owner(find_owners: Callable[[], Iterable[str]]) -> str | None:
    """Return the address of the one user who owns all that is ended; None if there are others.

    Args:
        find_owners: finds the addresses. If it fails there is none: what cannot be read can still
            be ended.
    """
    with suppress(UserctlError):
        owners = {*find_owners()}
        return owners.pop() if len(owners) == 1 else None
    return None


def conclude_user(
    context: CommandContext, outcome: str, user: "UserRead", *facts: str, undo: str | None = None
) -> None:
    """Say in one line what was done to a user, as :func:`conclude` does, and what ended."""
    until = user.effects.access_tokens_until or access_tokens_until(context, [user.id])
    conclude(context, outcome, *facts, describe_effects(user.effects, until), undo=undo)


def describe_effects(effects: "Effects", until: datetime | None) -> str:
    """Describe what a change ended, and until when access tokens stay valid."""
    return describe_ended(until, session=effects.sessions, API_token=effects.api_tokens)


def access_tokens_until(context: CommandContext, user_ids: Sequence[int]) -> datetime | None:
    """Return when the last of the access tokens already issued to these users expires."""
    # The change was made, even if this cannot be read.
    with suppress(UserctlError):
        if not context.quiet:
            return context.services.session_end.access_tokens_end(user_ids)
    return None


def user_argument(user: "UserRead") -> str:
    """Return what to type for a user: the address, or the id if the address needs quoting."""
    is_plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9.-]+", user.email)
    return user.email if is_plain else str(user.id)


def place_options(context: CommandContext) -> str:
    """Return the options that lead to the same database, as they were passed."""
    profile = context.flags.get("profile")
    options = "" if profile is None else f" --profile {shlex.quote(profile)}"
    if "database_url" in context.flags:
        url = context.settings.database_url
        # A password is never repeated.
        options += f" --database-url {'URL' if url.holds_password else shlex.quote(str(url))}"
    return options
