"""The options of ``apply`` that say what may happen to users."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.schemas.set_name import check_set_name

if TYPE_CHECKING:
    from userctl.schemas.apply import ApplyOptions, RemovalLimit


@dataclass(frozen=True)
class OptionsOfApply:
    """What may happen to users; ``--plan`` has that of the plan."""

    prune: Annotated[
        Literal["disable", "delete"] | None,
        typer.Option(
            "--prune",
            metavar="HOW",
            help="Disable users of the set who are not declared; =delete deletes them.",
        ),
    ] = None
    max_removals: Annotated[
        str | None,
        typer.Option(
            "--max-removals",
            metavar="N|N%",
            help="Remove at most this many users. Default: 5, or 10% of the set if that is more.",
        ),
    ] = None
    set_name: Annotated[
        str | None,
        typer.Option("--set", metavar="NAME", help="The set, if the files do not name it."),
    ] = None
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Take over users who exist and belong to no set."),
    ] = False

    def options(self, declared_set: str | None) -> "ApplyOptions":
        """Return how users are applied whose files name a set, or None.

        Raises:
            InvalidInput: if the options contradict each other, or the files.
        """
        name = declared_set if self.set_name is None else check_set_name(self.set_name)
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
        """Make sure that none of these options is beside a plan, which has its own.

        Raises:
            InvalidInput: if one is.
        """
        if self != OptionsOfApply():
            raise InvalidInput(
                "--plan has the --prune, --max-removals, --set and --adopt of the plan.",
                hint="Leave them out.",
            )


def _parse_limit(text: str | None) -> "RemovalLimit":
    limit = schemas.apply.RemovalLimit
    if text is None:
        return limit()
    found = re.fullmatch(r"([0-9]{1,9})(%?)", text, re.ASCII)
    if found is None or (found[2] and int(found[1]) > 100):
        raise InvalidInput(
            f"{quote(text)} is not a number of users.", hint="Pass --max-removals 20 or 15%."
        )
    number = int(found[1])
    return limit(0, number) if found[2] else limit(number, 0)
