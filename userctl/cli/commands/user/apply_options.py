"""The options of ``apply``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.core.errors import InvalidInput
from userctl.core.text import quote

if TYPE_CHECKING:
    from userctl.schemas.apply import ApplyOptions, RemovalLimit


LIMITS = "What may happen to users"


@dataclass(frozen=True)
class ApplyMode:
    """What is done with the plan."""

    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 8 if something would change.")
    ] = False
    plan_out: Annotated[
        Path | None,
        typer.Option("--plan-out", metavar="FILE", help="Change nothing; write the plan here."),
    ] = None
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Apply this plan, or nothing if it is stale."),
    ] = None
    tokens_out: Annotated[
        Path | None,
        typer.Option("--tokens-out", metavar="FILE", help="Write new API tokens here (0600)."),
    ] = None
    yes: options.YesOption = False


@dataclass(frozen=True)
class ApplyLimits:
    """Limits on what may happen to users; a plan has its own."""

    prune: Annotated[
        Literal["disable", "delete"] | None,
        typer.Option(
            "--prune",
            metavar="HOW",
            help="Disable users of the set who are not declared; =delete deletes them.",
            rich_help_panel=LIMITS,
        ),
    ] = None
    max_removals: Annotated[
        str | None,
        typer.Option(
            "--max-removals",
            metavar="N|N%",
            help="Remove at most this many users. Default: 5, or 10% of the set if that is more.",
            rich_help_panel=LIMITS,
        ),
    ] = None
    set_name: Annotated[
        str | None,
        typer.Option(
            "--set",
            metavar="NAME",
            help="The set, if the files do not name it.",
            rich_help_panel=LIMITS,
        ),
    ] = None
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Take over users who exist and belong to no set.",
            rich_help_panel=LIMITS,
        ),
    ] = False

    def options(self, declared_set: str | None) -> "ApplyOptions":
        """Return the options for applying files, which may declare a set.

        Raises:
            InvalidInput: if the options contradict each other, or the files.
        """
        name = (
            declared_set
            if self.set_name is None
            else schemas.set_name.check_set_name(self.set_name)
        )
        if declared_set not in {None, name}:
            raise InvalidInput(
                f"The files declare the set {declared_set}, and --set says {name}.",
                hint="Leave out --set.",
            )
        if name is None and (self.prune or self.adopt):
            raise InvalidInput(
                f"--{'prune' if self.prune else 'adopt'} needs a set.",
                hint="Declare 'set: NAME' in the file, or pass --set NAME.",
            )
        limit = _parse_limit(self.max_removals)
        return schemas.apply.ApplyOptions(name, self.prune, self.adopt, limit)

    def require_none(self) -> None:
        """Make sure that no limit is passed beside a plan, which has its own.

        Raises:
            InvalidInput: if one is.
        """
        if self != ApplyLimits():
            raise InvalidInput(
                "--plan has the --prune, --max-removals, --set and --adopt of the plan.",
                hint="Leave them out.",
            )


def _parse_limit(text: str | None) -> "RemovalLimit":
    limit = schemas.apply.RemovalLimit
    if text is None:
        return limit()
    match = re.fullmatch(r"([0-9]{1,9})(%?)", text, re.ASCII)
    if match is None or (match[2] and int(match[1]) > 100):
        raise InvalidInput(
            f"{quote(text)} is not a number of users.", hint="Pass --max-removals 20 or 15%."
        )
    number = int(match[1])
    return limit(0, number) if match[2] else limit(number, 0)
