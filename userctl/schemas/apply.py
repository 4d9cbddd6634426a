"""Plans of what declared users need, and what came of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from userctl.core.audit_chain import canonical_json
from userctl.schemas.declaration import DeclaredUser
from userctl.schemas.tokens import ApiTokenIssued

Prune = Literal["disable", "delete"]
PlannedAction = Literal["create", "restore", "change", "disable", "delete"]

LEAST_REMOVALS = 5
LEAST_PERCENT = 10
"""How many users of a set may go without being asked: the greater of the number and the part."""


@dataclass(frozen=True)
class RemovalLimit:
    """How many users may be removed at once: a number, or a part of the set in percent."""

    number: int = LEAST_REMOVALS
    percent: int = LEAST_PERCENT

    def of(self, members: int) -> int:
        """Return how many of so many users may be removed."""
        return max(self.number, members * self.percent // 100)


@dataclass(frozen=True)
class ApplyOptions:
    """How declared users are applied.

    Attributes:
        set_name: the set that they belong to; None if they belong to none.
        prune: what becomes of users of the set that are not declared; None if they stay.
        adopt: whether users who exist and belong to no set are taken over.
        limit: how many users may be removed.
    """

    set_name: str | None = None
    prune: Prune | None = None
    adopt: bool = False
    limit: RemovalLimit = RemovalLimit()


class FieldChange(BaseModel):
    """A field that is set; a password is never shown, only where it comes from."""

    model_config = ConfigDict(frozen=True)

    field: str
    old: str | int | None = None
    new: str | int | None = None


class PlannedChange(BaseModel):
    """What happens to one user.

    ``email`` is the address from then on, and ``row`` a digest of what was stored before.
    """

    model_config = ConfigDict(frozen=True)

    action: PlannedAction
    id: int | None
    email: str
    fields: list[FieldChange]
    row: str | None = None


class Plan(BaseModel):
    """What happens to users when they are applied as declared.

    Attributes:
        set: the set.
        prune: what becomes of users of the set that are not declared.
        digest: the SHA-256 of all changes, and of the rows that they change.
        unchanged: how many declared users are as they are declared.
        undeclared: how many users of the set are neither declared nor removed.
        changes: what happens to users.
    """

    model_config = ConfigDict(frozen=True)

    set: str | None
    prune: Prune | None
    digest: str
    unchanged: int
    undeclared: int
    changes: list[PlannedChange]

    def count(self, *actions: PlannedAction) -> int:
        """Return how many users some actions concern."""
        return sum(change.action in actions for change in self.changes)


class GeneratedPassword(BaseModel):
    """A password that was generated, shown this once."""

    email: str
    password: str = Field(repr=False)


class Applied(Plan):
    """A plan that was applied, with the secrets that came of it, shown this once."""

    generated_passwords: list[GeneratedPassword] = []
    api_tokens: list[ApiTokenIssued] = []


def plan_digest(set_name: str | None, prune: Prune | None, changes: Sequence[PlannedChange]) -> str:
    """Return the SHA-256 of a plan."""
    digest = sha256(canonical_json({"set": set_name, "prune": prune}).encode())
    for change in changes:
        digest.update(change.model_dump_json().encode())
    return digest.hexdigest()


class PlanFile(BaseModel):
    """A plan that was written down, to be reviewed and applied as it is; it holds no secret.

    ``declaration`` is the SHA-256 of the declared users.
    """

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    adopt: bool
    limit: RemovalLimit
    declaration: str
    plan: Plan

    @property
    def options(self) -> ApplyOptions:
        """How the users are applied."""
        return ApplyOptions(self.plan.set, self.plan.prune, self.adopt, self.limit)


def declaration_digest(users: Iterable[DeclaredUser]) -> str:
    """Return the SHA-256 of what is declared, in whichever files and formats that is."""
    digest = sha256()
    for user in users:
        digest.update(user.model_dump_json(exclude_unset=True).encode())
    return digest.hexdigest()
