"""How help pages are laid out: what is of the command first, what all share last."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand

from userctl.cli.output.render import write
from userctl.core.text import either

SETTINGS = {"help_option_names": ["--help", "-h"]}
"""How help is asked for, as Click has to know it."""

SHARED = "Shared options"
OUTPUT = "Output options"
FILTERS = "Filters"
PAGING = "Paging"
PASSWORD = "Password options"  # noqa: S105

_WIDEST = 110
"""Longer lines are hard to read, however wide the terminal is."""

_NARROWEST = 40
_LONGEST_CHOICES = 24
"""How many characters of choices stand beside the name of an option, and not in its help."""

_TYPES = {"<int range>": "N", "<int>": "N", "<str>": "TEXT", "<path>": "FILE"}
"""How types that Typer names are written for people."""


_NOISE = {
    r"(; )?x>=[01]\b": "",
    r"\[default: (0|False)\]": "",
    r"default: (0|False); ": "",
    r"\[\]": "",
    r"(\d+)<=x<=(\d+)": r"\1 to \2",
    r"x>=(\d+)": r"at least \1",
}
"""Defaults and limits that say nothing are left out, and ranges are put in words."""


def width() -> int:
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
        """Parse the arguments, and give options that may have no value theirs."""
        # Click takes the argument that follows for the value of such an option.
        end = args.index("--") if "--" in args else len(args)
        bare = self.bare_values
        own = [f"{arg}={bare[arg]}" if arg in bare else arg for arg in args[:end]]
        return super().parse_args(ctx, own + args[end:])

    def get_help_option(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Return the help option, which prints as everything else is printed."""
        return printing(super().get_help_option(ctx))

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help in the width of the terminal."""
        ctx.terminal_width = width()
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
    """Write titles, each with what is explained under it."""
    for title, records in sections.items():
        with formatter.section(title):
            formatter.write_dl(records)


def help_record(parameter: Any, ctx: typer.Context) -> tuple[str, str] | None:
    """Return how an argument or an option is written and what it means; None if it is hidden."""
    if (record := parameter.get_help_record(ctx)) is None:
        return None
    written, text = record
    for name, word in _TYPES.items():
        written = written.replace(name, word)
    if _is_argument(parameter):
        return _usage(parameter), text.replace("[required]", "").strip()
    found = re.search(r"<([^<>]*\|[^<>]*)>", written)
    if found is not None and len(found[1]) > _LONGEST_CHOICES:
        written = written.replace(found[0], parameter.name.rpartition("_")[2].upper())
        sentence, dot, extra = text.partition(".")
        text = f"{sentence}: {either(found[1].split('|'))}{dot}{extra}"
    elif found is not None:
        written = written.replace(found[0], found[1])
    for pattern, replacement in _NOISE.items():
        text = re.sub(pattern, replacement, text)
    return written, text.strip()


def printing(option: Any) -> Any:
    """Return a help option that writes to standard output as the commands do."""

    def show(ctx: typer.Context, _parameter: object, value: bool) -> None:  # noqa: FBT001
        if value and not ctx.resilient_parsing:
            write(f"{ctx.get_help()}\n")
            raise typer.Exit

    if option is not None:
        option.callback = show
    return option


def summary(command: Any) -> str:
    """Return the first sentence of the help of a command, whole."""
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
