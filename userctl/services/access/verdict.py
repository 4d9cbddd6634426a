"""The verdict on a user: whether they can log in, why, and the command that helps."""

import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from userctl.core.text import join_alternatives, quote, rfc3339
from userctl.schemas.diagnosis import Verdict


@dataclass(frozen=True)
class Change:
    """When a change was made, and by whom; None if that is not known."""

    time: datetime | None = None
    actor: str | None = None

    def __str__(self) -> str:
        """Return the end of a sentence about the change, as in ``at 2026-01-31T12:00:00Z by x``."""
        when = "" if self.time is None else f" at {rfc3339(self.time)}"
        return f"{when} by {self.actor}" if self.actor else when


NO_CHANGE = Change()


@dataclass(frozen=True)
class AccessFacts:
    """The facts about the user with an id or an address, if there is one.

    Attributes:
        reference: the id or the address as typed.
        email: the address, if there is or was such a user.
        exists: whether there is such a user who is not deleted.
        has_password: whether the user has a password.
        is_verifiable: whether userctl can verify the stored hash.
        must_change: whether the password has to be changed at the next login.
        api_tokens: the number of active API tokens.
        throttled_until: when the last full window ends.
        disabled: since when the user is disabled, and who disabled them.
        deleted: when the user was deleted, and by whom.
        restorable: the id or address with which the user can be restored.
        similar: similar addresses, which may be meant instead.
    """

    reference: str
    email: str | None = None
    exists: bool = False
    has_password: bool = False
    is_verifiable: bool = True
    must_change: bool = False
    api_tokens: int = 0
    throttled_until: datetime | None = None
    disabled: Change | None = None
    deleted: Change | None = None
    restorable: str | None = None
    similar: tuple[str, ...] = ()


class Judgment(NamedTuple):
    """A verdict, the sentence that states it, and the command that helps."""

    verdict: Verdict
    message: str
    advice: str | None


def judge(facts: AccessFacts) -> Judgment:
    """Return the first verdict that applies."""
    if not facts.exists:
        return _judge_missing(facts)
    name, user = facts.email, shlex.quote(facts.email or facts.reference)
    if facts.disabled is not None:
        return Judgment(
            "disabled", f"{name} was disabled{facts.disabled}.", f"userctl user enable {user}"
        )
    if facts.throttled_until is not None:
        until = rfc3339(facts.throttled_until)
        return Judgment(
            "throttled",
            f"Too many logins to {name} failed. At least one source has to wait until {until}.",
            f"userctl user unlock {user}",
        )
    set_password = f"userctl user passwd {user}"
    if not facts.has_password:
        other = "only API tokens" if facts.api_tokens else "no other way"
        return Judgment(
            "no_password", f"{name} has no password, and {other} to log in.", set_password
        )
    if not facts.is_verifiable:
        return Judgment(
            "unsupported_hash",
            f"Another program stored a password hash for {name} that userctl cannot verify.",
            set_password,
        )
    if facts.must_change:
        return Judgment(
            "must_change_password",
            f"{name} has to choose a new password at the next login, on a terminal.",
            f"userctl login {user}",
        )
    return Judgment("active", f"{name} is active and can log in.", None)


def _judge_missing(facts: AccessFacts) -> Judgment:
    known = facts.email or facts.reference
    if facts.restorable is not None:
        return Judgment(
            "deleted",
            f"{known} was deleted{facts.deleted}, and can be restored.",
            f"userctl user restore {shlex.quote(facts.restorable)}",
        )
    create = f"userctl user create {shlex.quote(known)}" if "@" in known else None
    if facts.deleted is not None:
        return Judgment("purged", f"{known} was permanently deleted{facts.deleted}.", create)
    message = f"There is no user {quote(facts.reference)}."
    if facts.similar:
        message += f" Did you mean {join_alternatives(facts.similar)}?"
        return Judgment("unknown", message, f"userctl user why {shlex.quote(facts.similar[0])}")
    return Judgment("unknown", message, create)
