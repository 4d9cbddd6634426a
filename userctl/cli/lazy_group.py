"""Groups of commands that build a command when it is looked up."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from userctl.cli.command import Command
from userctl.cli.command_table import Noun


class LazyCommands(Mapping[str, Any]):
    """Click commands by name, each built from its row of the command table when it is looked up.

    Args:
        rows: nouns and import paths, by name.
    """

    def __init__(self, rows: Mapping[str, Noun | str]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> Any:
        row = self._rows[name]
        return load_command(row).build(name) if isinstance(row, str) else _noun_group(name, row)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class LazyGroup(TyperGroup):
    """A group that knows the names of its commands without building them."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names in the order of the command table."""
        del ctx
        return list(self.commands)

    def get_help_option(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Return the help option with a default, which Typer need not load pydantic to coerce."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option


def load_command(path: str) -> Command:
    """Import the command at a path such as ``package.module:name``."""
    module, _, name = path.partition(":")
    command = getattr(import_module(module), name)
    assert isinstance(command, Command)
    return command


def _noun_group(name: str, noun: Noun) -> LazyGroup:
    return LazyGroup(
        name=name,
        help=noun.summary,
        rich_markup_mode=None,
        commands=LazyCommands(noun.verbs),  # type: ignore[arg-type]
    )
