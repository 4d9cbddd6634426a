"""Commands, and the options that all of them share."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from userctl.cli import options
from userctl.cli.context import CommandContext
from userctl.cli.database_urls import resolve_database_url
from userctl.cli.option_bundles import collect_bundles, own_parameters
from userctl.core.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import BaseModel

Body = Callable[..., None]
Schemas = Callable[[], "type[BaseModel] | tuple[type[BaseModel], ...]"]
"""Returns what a command prints. It is called when the command runs, because importing a schema
means importing pydantic, which help can do without."""

_SHARED: dict[str, Any] = {
    "database_url": options.DatabaseURLOption,
    "profile": options.ProfileOption,
    "actor": options.ActorOption,
    "no_input": options.NoInputOption,
    "verbose": options.VerboseOption,
    "log_format": options.LogFormatOption,
    "debug": options.DebugOption,
}
_PRINTING: dict[str, Any] = {
    "output": options.OutputOption,
    "quiet": options.QuietOption,
    "fields": options.FieldsOption,
    "raw": options.RawOption,
}
_DEFAULTS = {"verbose": 0, "no_input": False, "debug": False, "quiet": False, "raw": False}
_SETTINGS = ("database_url", "profile", "actor", "log_format", "output")


class _ShortUsage(TyperCommand):
    """A command whose usage line has no braces, and whose help lists the shared options last."""

    bare_values: Mapping[str, str] = {}
    """The value of each option that may be given without one."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Parse the arguments, and give options that may have no value theirs."""
        # Click takes the argument that follows for the value of such an option.
        end = args.index("--") if "--" in args else len(args)
        bare = self.bare_values
        own = [f"{arg}={bare[arg]}" if arg in bare else arg for arg in args[:end]]
        return super().parse_args(ctx, own + args[end:])

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the usage line: ``USER``, not ``{USER}``."""
        pieces = super().collect_usage_pieces(ctx)
        return [piece.replace("{", "").replace("}", "") for piece in pieces]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the arguments, the options of this command, and those of every command."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if (record := parameter.get_help_record(ctx)) is not None:
                sections.setdefault(_section(parameter), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def _section(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    if (panel := getattr(parameter, "rich_help_panel", None)) is not None:
        return str(panel)
    shared = parameter.name in _SHARED or parameter.name in _PRINTING or parameter.name == "help"
    return "Shared options" if shared else "Options"


@dataclass(frozen=True)
class Command:
    """A function that the command line runs.

    Attributes:
        body: gets the :class:`CommandContext` first and its own parameters after it; the shared
            options are added to those and never reach it.
        example: a command line for the help, which a test runs.
        prints: returns the schemas of the records that it prints; None if it prints none.
        creates_database: whether it has a reason to create the embedded database.
        raw: the field that ``--raw`` prints where ``--fields`` picks none.
        bare_values: the value of each option that may be given without one.
    """

    body: Body
    example: str
    prints: Schemas | None = None
    creates_database: bool = False
    raw: str | None = None
    bare_values: Mapping[str, str] = field(default_factory=dict)

    def build(self, name: str) -> Any:
        """Return the Click command, which takes Typer some milliseconds."""
        shared = _SHARED | (_PRINTING if self.prints else {})

        def run(*, ctx: typer.Context, **values: Any) -> None:
            given = {option: values.pop(option) for option in shared}
            if ctx.args:
                # It is not repeated: it may be a password typed in the wrong place.
                raise InvalidInput("Unexpected argument.", hint=f"See '{ctx.command_path} --help'.")
            context: CommandContext = ctx.obj
            _configure(context, given, self.prints)
            context.creates_database = self.creates_database
            if given.get("raw"):
                context.print_raw(self.raw)
            # Arguments are not logged: one may be a secret typed in the wrong place.
            context.log(f"{ctx.command_path} begins")
            self.body(context, **collect_bundles(self.body, values))
            if context.exit_code:
                raise typer.Exit(context.exit_code)

        run.__signature__ = _signature(self.body, shared)  # type: ignore[attr-defined]
        run.__annotations__ = {"ctx": typer.Context}
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(
            name,
            cls=_ShortUsage,
            help=self.body.__doc__,
            epilog=f"\b\nExample:\n  {self.example}",
            context_settings={"allow_extra_args": True},
        )(run)
        built: Any = typer.main.get_command(app)
        built.bare_values = self.bare_values
        # The reference pages say which records a command prints.
        built.prints = self.prints
        return built


def command(
    *,
    example: str,
    prints: Schemas | None = None,
    creates_database: bool = False,
    raw: str | None = None,
    bare_values: Mapping[str, str] | None = None,
) -> Callable[[Body], Command]:
    """Make a command of a function; the command table says where it stands.

    Args:
        example: see :class:`Command`.
        prints: see :class:`Command`; ``lambda: schemas.users.UserRead``.
        creates_database: see :class:`Command`.
        raw: see :class:`Command`.
        bare_values: see :class:`Command`.
    """
    bare = bare_values or {}
    return lambda body: Command(body, example, prints, creates_database, raw, bare)


def _signature(body: Body, shared: Mapping[str, Any]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", keyword, annotation=typer.Context)
    own = [parameter.replace(kind=keyword) for parameter in own_parameters(body)]
    added = [
        inspect.Parameter(name, keyword, annotation=annotation, default=_DEFAULTS.get(name))
        for name, annotation in shared.items()
    ]
    return inspect.Signature([context, *own, *added])


def _configure(context: CommandContext, given: Mapping[str, Any], prints: Schemas | None) -> None:
    """Hand the shared options to the context."""
    context.flags = {name: given[name] for name in _SETTINGS if given.get(name) is not None}
    context.no_input = given["no_input"]
    context.debug = given["debug"]
    context.verbosity = given["verbose"]
    context.quiet = given.get("quiet", False)
    if (url := context.flags.get("database_url")) is not None:
        url = resolve_database_url(url, "--database-url", context.note)
        context.flags = {**context.flags, "database_url": url}
    if prints is not None:
        schemas = prints()
        context.schemas = schemas if isinstance(schemas, tuple) else (schemas,)
    if given.get("fields") is not None:
        context.pick_fields(given["fields"])
