"""Groups of commands that build a command when it is looked up."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from userctl.cli import help_page
from userctl.cli.command import Command
from userctl.cli.command_table import Noun
from userctl.cli.output.render import write
from userctl.cli.suggestions import command_suggestion
from userctl.core.text import quote


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

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """Return the command that was typed, or fail with a suggestion.

        Raises:
            typer.TyperException: if there is no such command.
        """
        if not ctx.resilient_parsing and args[0] not in self.commands:
            noun = ctx.info_name if ctx.parent is not None else None
            suggestion = command_suggestion(args[0], noun)
            ctx.fail(f"No such command {quote(args[0])}. {suggestion or ''}".rstrip())
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command that was typed, or print the help of a noun without a verb."""
        if ctx.parent is not None and not ctx._protected_args:  # noqa: SLF001
            write(f"{ctx.get_help()}\n")
            return None
        return super().invoke(ctx)

    def get_help_option(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Return the help option with a default, for which Typer need not load pydantic."""
        option = help_page.redirect_help(super().get_help_option(ctx))
        if option is not None:
            option.default = False
        return option

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help in the width of the terminal."""
        ctx.terminal_width = help_page.page_width()
        return super().get_help(ctx)

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the usage line: options follow the verb."""
        words = "NOUN VERB" if ctx.parent is None else "VERB"
        return [words, "[ARGUMENTS]", "[OPTIONS]"]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the commands, each with the whole of its summary, and then the options."""
        commands = [
            (name, help_page.summary(self.commands[name])) for name in self.list_commands(ctx)
        ]
        records = (help_page.help_record(item, ctx) for item in self.get_params(ctx))
        options = [record for record in records if record is not None]
        help_page.write_sections(formatter, {"Commands": commands, "Options": options})


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
        context_settings=help_page.SETTINGS,
        rich_markup_mode=None,
        commands=LazyCommands(noun.verbs),  # type: ignore[arg-type]
    )
