"""The tree of commands, read from the program."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import typer
from pydantic import BaseModel

from userctl.cli.app import program
from userctl.cli.help_page import help_record


@dataclass(frozen=True)
class Parameter:
    """An argument or an option: how it is written, and what it does."""

    name: str
    usage: str
    help: str


@dataclass(frozen=True)
class Command:
    """A command: what is typed to reach it, and what its help says."""

    name: str
    usage: str
    help: str
    example: str
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    schemas: tuple[type[BaseModel], ...]

    @property
    def summary(self) -> str:
        """The first sentence of the help."""
        return self.help.partition("\n\n")[0]

    @property
    def noun(self) -> str:
        """The noun, or the command itself if it stands alone."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True)
class Noun:
    """A noun with its verbs, or a command that stands alone."""

    name: str
    summary: str
    commands: tuple[Command, ...]

    @property
    def verbs(self) -> list[str]:
        """The verbs, none for a command that stands alone."""
        return [command.name.partition(" ")[2] for command in self.commands if " " in command.name]


@cache
def nouns() -> tuple[Noun, ...]:
    """Return everything that the program offers, in the order of its help."""
    return tuple(_nouns())


def commands() -> list[Command]:
    """Return every command."""
    return [command for noun in nouns() for command in noun.commands]


def shared_options() -> list[Parameter]:
    """Return the options that every command takes."""
    return _common_options([command.options for command in commands()])


def printing_options() -> list[Parameter]:
    """Return the options that every command that prints records takes."""
    printing = [
        command.options
        for command in commands()
        if any(option.name == "output" for option in command.options)
    ]
    shared = shared_options()
    return [option for option in _common_options(printing) if option not in shared]


def own_options(command: Command) -> list[Parameter]:
    """Return the options that a command does not share with others."""
    common = [*shared_options(), *printing_options()]
    return [option for option in command.options if option not in common]


def prints_records(command: Command) -> bool:
    """Return whether a command prints records."""
    return any(option.name == "output" for option in command.options)


def _common_options(lists: list[tuple[Parameter, ...]]) -> list[Parameter]:
    return [option for option in lists[0] if all(option in options for options in lists)]


def _nouns() -> Iterator[Noun]:
    root = program()
    for name, found in root.commands.items():
        verbs = getattr(found, "commands", None)
        if verbs is None:
            command = _command(name, found)
            yield Noun(name, command.summary, (command,))
        else:
            leaves = tuple(_command(f"{name} {verb}", leaf) for verb, leaf in verbs.items())
            yield Noun(name, found.help or "", leaves)


def _command(name: str, leaf: Any) -> Command:
    context = typer.Context(leaf, info_name=f"userctl {name}")
    parameters = [item for item in leaf.params if not getattr(item, "hidden", False)]
    arguments = tuple(
        Parameter(item.name, item.metavar or item.name.upper(), item.help or "")
        for item in parameters
        if item.param_type_name == "argument"
    )
    options = tuple(
        Parameter(item.name, *(help_record(item, context) or ("", "")))
        for item in parameters
        if item.param_type_name == "option" and item.name != "help"
    )
    pieces = " ".join(leaf.collect_usage_pieces(context))
    return Command(
        name=name,
        usage=f"userctl {name} {pieces}".strip(),
        help=(leaf.help or "").replace("\b\n", "").strip(),
        example=str(leaf.epilog).rpartition("Example:\n")[2].strip(),
        arguments=arguments,
        options=options,
        schemas=printed_schemas(leaf),
    )


def printed_schemas(leaf: Any) -> tuple[type[BaseModel], ...]:
    """Return the schemas of the records that a Click command prints."""
    found = leaf.prints() if leaf.prints is not None else ()
    return found if isinstance(found, tuple) else (found,)
