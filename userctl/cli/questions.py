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
from userctl.core.text import escape_invisible, pluralize, rfc3339

if TYPE_CHECKING:
    from userctl.schemas.users import UserTarget

TARGETS_LISTED = 20
"""How many targets are listed above a question."""

PLACE = "\0"
"""Marks where a question names the database and profile; by default that is at the end."""

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False, "": False}
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_NEGATIONS = frozenset({"non", "not", "no", "pre"})


def confirm(context: CommandContext, compose: Callable[[], str | None], *, yes: bool) -> None:
    """Ask for a confirmation, unless --yes gave it.

    Args:
        context: tells whether a question can be answered, and which database is changed.
        compose: returns what is about to be done, as in ``Delete ada@example.com``, or None if
            there is nothing to ask about. It is called only if a question can be answered; its
            errors, such as an unknown user, come before the question.
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
    question = action.replace(PLACE, place) if PLACE in action else f"{action} in {place}"
    if not _is_confirmed(escape_invisible(f"{question}? [y/N]")):
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
        count_recent: counts the records to remove that are younger than the retention. Counting
            millions takes a tenth of the time of deleting them, so it is called only where there
            can be any.
        span: the minimum age of the records to remove.
        retention: how long such records are kept.
        setting: the setting for that.
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
            f"{pluralize(recent, 'record')} would be removed before the "
            f"{pluralize(retention.days, 'day')} of {setting} are over.",
            hint=f"Pass --yes, or --older-than {retention.days}d.",
        )


def describe_users(targets: "Sequence[UserTarget]", *, total: int | None = None) -> str:
    """Describe users for a question; if they are several, list them above it.

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
    return pluralize(count, "user")


def describe_user(target: "UserTarget") -> str:
    """Describe a user for a question: the address and what belongs to it."""
    facts = [f"id {target.id}", *filter(None, [target.name]), target.role]
    if target.deleted_at is not None:
        facts.append(f"deleted {rfc3339(target.deleted_at)}")
    else:
        if target.status == "disabled":
            facts.append("disabled")
        facts += [pluralize(target.sessions, "session"), pluralize(target.api_tokens, "API token")]
    return f"{target.email} ({', '.join(facts)})"


def describe_place(settings: Settings) -> str:
    """Describe the database and the profile; a profile for production is marked."""
    if settings.profile is None:
        return str(settings.database_url)
    mark = "PRODUCTION profile" if is_production(settings.profile) else "profile"
    return f"{settings.database_url} ({mark} {settings.profile})"


def is_production(profile: str) -> bool:
    """Return whether the name of a profile suggests a database in production."""
    words = set(re.findall("[a-z]+", profile.lower()))
    return bool(words & _PRODUCTION) and not words & _NEGATIONS
