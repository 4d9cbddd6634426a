"""Plans that bring users in line with their declaration, and the results of applying them."""

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

DEFAULT_REMOVALS = 5
DEFAULT_PERCENT = 10
"""How many users of a set may be removed by default: the greater of the number and the percent."""


@dataclass(frozen=True)
class RemovalLimit:
    """How many users may be removed: the greater of a number and a percentage of the set."""

    number: int = DEFAULT_REMOVALS
    percent: int = DEFAULT_PERCENT

    def max_removals(self, members: int) -> int:
        """Return how many users of a set may be removed, given the number of its members."""
        return max(self.number, members * self.percent // 100)


@dataclass(frozen=True)
class ApplyOptions:
    """How declared users are applied.

    Attributes:
        set_name: the set that they belong to; None if they belong to none.
        prune: what to do with users of the set that are not declared; None keeps them.
        adopt: whether to take over existing users that belong to no set.
        limit: how many users may be removed.
    """

    set_name: str | None = None
    prune: Prune | None = None
    adopt: bool = False
    limit: RemovalLimit = RemovalLimit()


class FieldChange(BaseModel):
    """A field that is set; of a password only the origin is shown."""

    model_config = ConfigDict(frozen=True)

    field: str
    old: str | int | None = None
    new: str | int | None = None


class PlannedChange(BaseModel):
    """The change of one user.

    ``email`` is the address after the change, and ``row`` a digest of the row before it.
    """

    model_config = ConfigDict(frozen=True)

    action: PlannedAction
    id: int | None
    email: str
    fields: list[FieldChange]
    row: str | None = None


class Plan(BaseModel):
    """The changes that applying the declared users makes.

    Attributes:
        set: the set.
        prune: what happens to users of the set that are not declared.
        digest: the SHA-256 of all changes, and of the rows that they change.
        unchanged: how many users match their declaration.
        undeclared: how many users of the set are neither declared nor removed.
        changes: the changes, one for each user.
    """

    model_config = ConfigDict(frozen=True)

    set: str | None
    prune: Prune | None
    digest: str
    unchanged: int
    undeclared: int
    changes: list[PlannedChange]

    def count(self, *actions: PlannedAction) -> int:
        """Return the number of changes with one of these actions."""
        return sum(change.action in actions for change in self.changes)


class GeneratedPassword(BaseModel):
    """A generated password, which is shown only once."""

    email: str
    password: str = Field(repr=False)


class ApplyResult(Plan):
    """A plan that was applied, and the secrets it produced, which are shown only once."""

    generated_passwords: list[GeneratedPassword] = []
    api_tokens: list[ApiTokenIssued] = []


def plan_digest(set_name: str | None, prune: Prune | None, changes: Sequence[PlannedChange]) -> str:
    """Return the SHA-256 of a plan."""
    digest = sha256(canonical_json({"set": set_name, "prune": prune}).encode())
    for change in changes:
        digest.update(change.model_dump_json().encode())
    return digest.hexdigest()


class PlanFile(BaseModel):
    """A saved plan, to be reviewed and applied unchanged; it holds no secret.

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
        """The options that the plan was made with."""
        return ApplyOptions(self.plan.set, self.plan.prune, self.adopt, self.limit)


def declaration_digest(users: Iterable[DeclaredUser]) -> str:
    """Return the SHA-256 of the declared users, whatever the files and formats they come from."""
    digest = sha256()
    for user in users:
        digest.update(user.model_dump_json(exclude_unset=True).encode())
    return digest.hexdigest()
