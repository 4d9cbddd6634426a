"""Commands, and the options that all of them share."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from userctl.cli import help_page, options
from userctl.cli.command_table import SCHEDULED
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
    "no_header": options.NoHeaderOption,
    "no_pager": options.NoPagerOption,
}
_DEFAULTS = {"verbose": 0} | dict.fromkeys(
    ("no_input", "debug", "quiet", "raw", "no_header", "no_pager"), False
)
_SETTINGS = ("database_url", "profile", "actor", "log_format", "output")


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
        skips_bad_settings: whether it continues without the settings that cannot be read.
        records_event: whether what it does is an event of the audit trail; if not, ``--actor``
            would have no effect.
    """

    body: Body
    example: str
    prints: Schemas | None = None
    creates_database: bool = False
    raw: str | None = None
    bare_values: Mapping[str, str] = field(default_factory=dict, hash=False)
    skips_bad_settings: bool = False
    records_event: bool = True

    def build(self, name: str) -> Any:
        """Build the Click command, which takes Typer some milliseconds."""
        shared = (_PRINTING if self.prints else {}) | _SHARED
        if not self.records_event:
            shared = shared | {"actor": options.NoActorOption}

        def run(*, ctx: typer.Context, **values: Any) -> None:
            shared_values = {option: values.pop(option) for option in shared}
            if ctx.args:
                # It is not repeated: it may be a password typed in the wrong place.
                raise InvalidInput("Unexpected argument.", hint=f"See '{ctx.command_path} --help'.")
            if not self.records_event and shared_values["actor"] is not None:
                raise InvalidInput(
                    f"'{ctx.command_path}' records no event, so it has no --actor.",
                    hint="To see what a person did, use 'userctl audit list --by NAME'.",
                )
            context: CommandContext = ctx.obj
            _configure(context, shared_values, self.prints)
            context.creates_database = self.creates_database
            if self.skips_bad_settings:
                from userctl.config.tolerant_loading import load_readable_settings  # noqa: PLC0415

                context.load = load_readable_settings
            context.is_list = name == "list"
            if shared_values.get("raw"):
                context.pick_raw_field(self.raw)
            _log_begin(context, ctx.command_path)
            _attach_recorder(context, ctx.command_path, values)
            self.body(context, **collect_bundles(self.body, values))
            if context.exit_code:
                raise typer.Exit(context.exit_code)

        run.__signature__ = _signature(self.body, shared)  # type: ignore[attr-defined]
        run.__annotations__ = {"ctx": typer.Context}
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(
            name,
            cls=help_page.CommandHelp,
            help=self.body.__doc__,
            epilog=f"\b\nExample:\n  {self.example}",
            context_settings={"allow_extra_args": True, **help_page.SETTINGS},
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
    skips_bad_settings: bool = False,
    records_event: bool = True,
) -> Callable[[Body], Command]:
    """Turn a function into a command; the command table says where it stands.

    Args:
        example: see :class:`Command`.
        prints: see :class:`Command`; ``lambda: schemas.users.UserRead``.
        creates_database: see :class:`Command`.
        raw: see :class:`Command`.
        bare_values: see :class:`Command`.
        skips_bad_settings: see :class:`Command`.
        records_event: see :class:`Command`.
    """
    bare = bare_values or {}
    return lambda body: Command(
        body, example, prints, creates_database, raw, bare, skips_bad_settings, records_event
    )


def _signature(body: Body, shared: Mapping[str, Any]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", keyword, annotation=typer.Context)
    own = [parameter.replace(kind=keyword) for parameter in own_parameters(body)]
    added = [
        inspect.Parameter(name, keyword, annotation=annotation, default=_DEFAULTS.get(name))
        for name, annotation in shared.items()
    ]
    return inspect.Signature([context, *own, *added])


def _configure(context: CommandContext, values: Mapping[str, Any], prints: Schemas | None) -> None:
    """Hand the shared options to the context."""
    context.flags = {name: values[name] for name in _SETTINGS if values.get(name) is not None}
    context.no_input = values["no_input"]
    context.debug = values["debug"]
    context.verbosity = values["verbose"]
    context.quiet = values.get("quiet", False)
    context.no_header = values.get("no_header", False)
    context.no_pager = values.get("no_pager", False)
    if (url := context.flags.get("database_url")) is not None:
        url = resolve_database_url(url, "--database-url", context.note)
        context.flags = {**context.flags, "database_url": url}
    if prints is not None:
        schemas = prints()
        context.schemas = schemas if isinstance(schemas, tuple) else (schemas,)
    if values.get("fields") is not None:
        context.pick_fields(values["fields"])


def _log_begin(context: CommandContext, command_path: str) -> None:
    """Log that the command begins."""
    # Arguments are not logged: one may be a secret typed in the wrong place.
    context.log(f"{command_path} begins")


def _attach_recorder(context: CommandContext, command_path: str, values: Mapping[str, Any]) -> None:
    """Make the context record how a scheduled command ends."""
    command = command_path.partition(" ")[2]
    if command in SCHEDULED and not values.get("dry_run"):
        from userctl.cli.run_records import RunRecorder  # noqa: PLC0415

        context.recorder = RunRecorder(command, lambda: context.settings)
