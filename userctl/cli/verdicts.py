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
from userctl.cli.output.sessions_ended import ended
from userctl.core.errors import UserctlError

if TYPE_CHECKING:
    from userctl.schemas.users import Effects, UserRead


def conclude(
    context: CommandContext, done: str, *effects: str | None, undo: str | None = None
) -> None:
    """Say in one line what a command did, after everything that it prints.

    Args:
        context: what tells it, unless --quiet was given.
        done: what was done and to whom, in the past tense.
        effects: what else that did; what is empty is left out.
        undo: the arguments of the command that undoes it, if one does.
    """
    # A log has lines of one form only, and its own about what was committed.
    is_log = context.verbosity > 0 and not (sys.stderr and sys.stderr.isatty())
    if context.quiet or is_log:
        return
    flush()
    facts = "; ".join(filter(None, effects))
    back = f" Undo: userctl {undo}{place_options(context)}" if undo else ""
    context.note(f"{done}{f' ({facts})' if facts else ''}.{back}")


def conclude_dry_run(context: CommandContext, found: str) -> None:
    """Say in one line what a command would do, as :func:`conclude` says what one did."""
    conclude(context, f"Dry run; nothing was changed: {found}")


def sole_owner(find_owners: Callable[[], Iterable[str]]) -> str | None:
    """Return the address of the user whom all that is ended belongs to; None if it is not one.

    Args:
        find_owners: finds the addresses. What they are read from may be ended although it cannot be
            read.
    """
    with suppress(UserctlError):
        owners = {*find_owners()}
        return owners.pop() if len(owners) == 1 else None
    return None


def conclude_user(
    context: CommandContext, done: str, user: "UserRead", *facts: str, undo: str | None = None
) -> None:
    """Say in one line what was done to a user, as :func:`conclude` does, and what ended."""
    until = user.effects.access_tokens_until or access_tokens_until(context, [user.id])
    conclude(context, done, *facts, effects_text(user.effects, until), undo=undo)


def effects_text(effects: "Effects", until: datetime | None) -> str:
    """Return what a change ended, and until when access tokens stay valid."""
    return ended(until, session=effects.sessions, API_token=effects.api_tokens)


def access_tokens_until(context: CommandContext, user_ids: Sequence[int]) -> datetime | None:
    """Return until when a service may accept access tokens of these users that are already out."""
    # The change was made, whatever becomes of the note.
    with suppress(UserctlError):
        if not context.quiet:
            return context.services.session_end.access_tokens_end(user_ids)
    return None


def reference(user: "UserRead") -> str:
    """Return what to type for a user: the address, or the id if that needs no quotation marks."""
    is_plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9.-]+", user.email)
    return user.email if is_plain else str(user.id)


def place_options(context: CommandContext) -> str:
    """Return the options that lead to the same database, as they were given."""
    profile = context.flags.get("profile")
    options = "" if profile is None else f" --profile {shlex.quote(profile)}"
    if "database_url" in context.flags:
        url = context.settings.database_url
        # A password is never repeated.
        options += f" --database-url {'URL' if url.holds_password else shlex.quote(str(url))}"
    return options
