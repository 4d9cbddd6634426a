"""Composes the questions before a change, so that each names its target, database and profile."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from userctl.cli.asking import ATTEMPTS, ask
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write_error
from userctl.config.settings import Settings
from userctl.core.errors import ConfirmationRequired, Declined
from userctl.core.text import counted, escape_invisible, rfc3339

if TYPE_CHECKING:
    from userctl.schemas.users import UserTarget

TARGETS_LISTED = 20
"""How many targets are listed above a question."""

PLACE = "\0"
"""Stands for the database and the profile in what is asked; otherwise they stand at the end."""

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_NEGATIONS = frozenset({"non", "not", "no", "pre"})


def confirm(context: CommandContext, compose: Callable[[], str | None], *, yes: bool) -> None:
    """Ask for a confirmation, unless --yes gave it.

    Args:
        context: tells whether a question can be answered, and in which database the change is.
        compose: returns what is about to be done, as in ``Delete ada@example.com``, or None if
            there is nothing to ask about. It is called only if a question can be answered, and
            what it raises, such as that there is no such user, is known before the question.
        yes: whether --yes was given.

    Raises:
        ConfirmationRequired: if no question can be answered.
        Declined: if the answer is no.
    """
    if yes:
        return
    if reason := context.why_not_interactive:
        raise ConfirmationRequired(f"Confirmation is required, and {reason}.")
    action = compose()
    if action is None:
        return
    place = describe_place(context.settings)
    asked = action.replace(PLACE, place) if PLACE in action else f"{action} in {place}"
    if not _is_confirmed(escape_invisible(f"{asked}? [y/N]")):
        raise Declined("Canceled; nothing was changed.")


def _is_confirmed(question: str) -> bool:
    for _ in range(ATTEMPTS):
        answer = ask(question, default="").strip().lower()
        if answer in _ANSWERS:
            return _ANSWERS[answer]
        write_error("Answer y or n.")
    return False


def confirm_removal(
    context: CommandContext,
    compose: Callable[[], str | None],
    *,
    count_recent: Callable[[], int],
    span: timedelta,
    retention: timedelta,
    setting: str,
    yes: bool,
) -> None:
    """Ask on a terminal; elsewhere demand --yes if something recent would be removed.

    Args:
        context: see :func:`confirm`.
        compose: see :func:`confirm`.
        count_recent: returns how many records that are younger than the retention would go. To
            count millions takes a tenth of the time of their deletion, so it is called only where
            there can be some.
        span: how old the records are that go.
        retention: how long such records are kept.
        setting: the setting that says so.
        yes: whether --yes was given.

    Raises:
        ConfirmationRequired: if there are such records, and no question can be answered.
        Declined: if the answer is no.
    """
    if yes or context.is_interactive:
        confirm(context, compose, yes=yes)
    elif span < retention and (recent := count_recent()):
        raise ConfirmationRequired(
            f"Confirmation is required, and {context.why_not_interactive}: "
            f"{counted(recent, 'record')} would be removed before the "
            f"{counted(retention.days, 'day')} of {setting} are over.",
            hint=f"Pass --yes, or --older-than {retention.days}d.",
        )


def describe_users(targets: "Sequence[UserTarget]", *, total: int | None = None) -> str:
    """Return what a question calls users; several of them are listed above it.

    Args:
        targets: the users.
        total: how many there are, if ``targets`` are only some of them.
    """
    count = len(targets) if total is None else total
    if count == 1:
        return describe_user(targets[0])
    for target in targets[:TARGETS_LISTED]:
        write_error(f"  {describe_user(target)}")
    if (others := count - len(targets[:TARGETS_LISTED])) > 0:
        write_error(f"  and {others:,} more")
    return counted(count, "user")


def describe_user(target: "UserTarget") -> str:
    """Return the address of a user with what hangs on it."""
    facts = [f"id {target.id}", *filter(None, [target.name]), target.role]
    if target.deleted_at is not None:
        facts.append(f"deleted {rfc3339(target.deleted_at)}")
    else:
        if target.status == "disabled":
            facts.append("disabled")
        facts += [counted(target.sessions, "session"), counted(target.api_tokens, "API token")]
    return f"{target.email} ({', '.join(facts)})"


def describe_place(settings: Settings) -> str:
    """Return the database and the profile, of which one for production is marked."""
    if settings.profile is None:
        return str(settings.database_url)
    mark = "PRODUCTION profile" if is_production(settings.profile) else "profile"
    return f"{settings.database_url} ({mark} {settings.profile})"


def is_production(profile: str) -> bool:
    """Tell whether the name of a profile says that people depend on its database."""
    words = set(re.findall("[a-z]+", profile.lower()))
    return bool(words & _PRODUCTION) and not words & _NEGATIONS
