"""The layout of help pages: what belongs to the command first, what all commands share last."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand

from userctl.cli.output.render import write
from userctl.core.text import join_alternatives

SETTINGS = {"help_option_names": ["--help", "-h"]}
"""The Click settings that name the help options."""

SHARED = "Shared options"
OUTPUT = "Output options"
FILTERS = "Filters"
PAGING = "Paging"
PASSWORD = "Password options"  # noqa: S105

_WIDEST = 110
"""Longer lines are hard to read, however wide the terminal is."""

_NARROWEST = 40
_LONGEST_CHOICES = 24
"""How many characters of choices fit beside the name of an option; more go into its help."""

_TYPES = {"<int range>": "N", "<int>": "N", "<str>": "TEXT", "<path>": "FILE"}
"""What help pages call the types that Typer names."""


_NOISE = {
    r"(; )?x>=[01]\b": "",
    r"\[default: (0|False)\]": "",
    r"default: (0|False); ": "",
    r"\[\]": "",
    r"(\d+)<=x<=(\d+)": r"\1 to \2",
    r"x>=(\d+)": r"at least \1",
}
"""Defaults and limits that say nothing are left out, and ranges are put into words."""


def page_width() -> int:
    """Return how wide a help page is."""
    columns = shutil.get_terminal_size().columns
    # COLUMNS is a choice, and the width of a window often is not.
    widest = columns if os.environ.get("COLUMNS", "").isdecimal() else _WIDEST
    return max(min(columns, widest), _NARROWEST) - 2


class CommandHelp(TyperCommand):
    """A command whose help has its example first, then its own options, then the shared ones."""

    bare_values: Mapping[str, str] = {}
    """The value of each option that may be given without one."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Parse the arguments, and add the values of options that were given without one."""
        # Click would take the next argument as the value of such an option.
        end = args.index("--") if "--" in args else len(args)
        bare = self.bare_values
        own = [f"{arg}={bare[arg]}" if arg in bare else arg for arg in args[:end]]
        return super().parse_args(ctx, own + args[end:])

    def get_help_option(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Return the help option, which prints as commands do."""
        return redirect_help(super().get_help_option(ctx))

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help in the width of the terminal."""
        ctx.terminal_width = page_width()
        return super().get_help(ctx)

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the usage line without braces: ``USER...``, and ``[FILE]`` if it is optional."""
        del ctx
        return ["[OPTIONS]", *(_usage(item) for item in self.params if _is_argument(item))]

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write usage, description, example and options."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_epilog(ctx, formatter)
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if (record := help_record(parameter, ctx)) is not None:
                sections.setdefault(_section(parameter), []).append(record)
        write_sections(formatter, sections)


def write_sections(formatter: Any, sections: dict[str, list[tuple[str, str]]]) -> None:
    """Write sections, each with its title and its entries."""
    for title, records in sections.items():
        with formatter.section(title):
            formatter.write_dl(records)


def help_record(parameter: Any, ctx: typer.Context) -> tuple[str, str] | None:
    """Return the syntax of an argument or option, and its meaning; None if it is hidden."""
    if (record := parameter.get_help_record(ctx)) is None:
        return None
    syntax, text = record
    for name, word in _TYPES.items():
        syntax = syntax.replace(name, word)
    if _is_argument(parameter):
        return _usage(parameter), text.replace("[required]", "").strip()
    choices = re.search(r"<([^<>]*\|[^<>]*)>", syntax)
    if choices is not None and len(choices[1]) > _LONGEST_CHOICES:
        syntax = syntax.replace(choices[0], parameter.name.rpartition("_")[2].upper())
        sentence, dot, extra = text.partition(".")
        text = f"{sentence}: {join_alternatives(choices[1].split('|'))}{dot}{extra}"
    elif choices is not None:
        syntax = syntax.replace(choices[0], choices[1])
    for pattern, replacement in _NOISE.items():
        text = re.sub(pattern, replacement, text)
    return syntax, text.strip()


def redirect_help(option: Any) -> Any:
    """Make a help option write to standard output as commands do, and return it."""

    def show(ctx: typer.Context, _parameter: object, value: bool) -> None:  # noqa: FBT001
        if value and not ctx.resilient_parsing:
            write(f"{ctx.get_help()}\n")
            raise typer.Exit

    if option is not None:
        option.callback = show
    return option


def summary(command: Any) -> str:
    """Return the first paragraph of the help of a command, on one line."""
    return next(_paragraphs(command.help or ""), "")


def _paragraphs(text: str) -> Iterator[str]:
    yield from (" ".join(part.split()) for part in text.strip().split("\n\n"))


def _section(parameter: Any) -> str:
    if parameter.name == "help":
        return SHARED
    default = "Arguments" if _is_argument(parameter) else "Options"
    return parameter.rich_help_panel or default


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage(argument: Any) -> str:
    name = (argument.metavar or argument.name.upper()).rstrip(".")
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs != 1 else "")
