"""Commands, and the options that all of them share.

Turning a function into a Click command takes Typer some milliseconds, so a command is built only
when the command line names it, or when help lists it.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from userctl import schemas as all_schemas
from userctl.cli import options
from userctl.cli.context import CommandContext
from userctl.core.errors import InvalidInput

Body = Callable[..., None]
Builder = Callable[[], Any]

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
}
_SETTINGS = ("database_url", "profile", "actor", "log_format", "output")


class LazyCommands(Mapping[str, Any]):
    """Commands by name, each built when it is looked up."""

    def __init__(self, builders: Mapping[str, Builder]) -> None:
        self._builders = builders

    def __getitem__(self, name: str) -> Any:
        return self._builders[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)


class LazyGroup(TyperGroup):
    """A group that knows the names of its commands without building them."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the names in the order in which they were registered."""
        del ctx
        return list(self.commands)

    def get_help_option(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Return the help option with a default, which Typer need not load pydantic to coerce."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option


class Commands:
    """The commands of one noun, or such as stand alone."""

    def __init__(self, noun: str | None = None, summary: str | None = None) -> None:
        self._noun = noun
        self._summary = summary
        self._verbs: dict[str, Builder] = {}

    def builders(self) -> dict[str, Builder]:
        """Return what the program offers: the noun, or the commands that stand alone."""
        return self._verbs if self._noun is None else {self._noun: self._group}

    def command(
        self, name: str, *, example: str, prints: str | tuple[str, ...] = ()
    ) -> Callable[[Body], Body]:
        """Register a function as a command.

        The function gets the :class:`CommandContext` first and its own parameters after it; the
        shared options are added to those and never reach it.

        Args:
            name: what is typed.
            example: a command line for the help, which a test runs.
            prints: the schema, or schemas, whose records the command prints, if it prints any.
        """
        schemas = (prints,) if isinstance(prints, str) else prints

        def register(body: Body) -> Body:
            self._verbs[name] = lambda: _built(name, body, example, schemas)
            return body

        return register

    def _group(self) -> LazyGroup:
        return LazyGroup(
            name=self._noun,
            help=self._summary,
            rich_markup_mode=None,
            commands=LazyCommands(self._verbs),  # type: ignore[arg-type]
        )


def _built(name: str, body: Body, example: str, schemas: tuple[str, ...]) -> Any:
    """Return the Click command of a function."""
    shared = _SHARED | (_PRINTING if schemas else {})

    def run(*, ctx: typer.Context, **values: Any) -> None:
        given = {option: values.pop(option) for option in shared}
        if ctx.args:
            # They are not repeated: one may be a password typed in the wrong place.
            raise InvalidInput(
                f"More arguments than expected: {len(ctx.args)}.",
                hint=f"See '{ctx.command_path} --help'.",
            )
        invocation = _configured(ctx.obj, given, schemas)
        # Arguments are not told: one may be a secret typed in the wrong place.
        invocation.log(f"{ctx.command_path} begins")
        body(invocation, **values)

    run.__signature__ = _signature(body, shared)  # type: ignore[attr-defined]
    run.__annotations__ = {"ctx": typer.Context}
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    single.command(
        name,
        help=body.__doc__,
        epilog=f"\b\nExample:\n  {example}",
        context_settings={"allow_extra_args": True},
    )(run)
    command: Any = typer.main.get_command(single)
    # The generator of the reference pages asks which records a command prints.
    command.prints = lambda: tuple(getattr(all_schemas, printed) for printed in schemas)
    return command


def _signature(body: Body, shared: dict[str, Any]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", keyword, annotation=typer.Context)
    own = [
        parameter.replace(kind=keyword)
        for parameter in list(inspect.signature(body).parameters.values())[1:]
    ]
    added = [
        inspect.Parameter(name, keyword, annotation=annotation, default=_default(name))
        for name, annotation in shared.items()
    ]
    return inspect.Signature([context, *own, *added])


def _default(name: str) -> Any:
    if name == "verbose":
        return 0
    return False if name in {"no_input", "debug", "quiet"} else None


def _configured(
    invocation: CommandContext, given: dict[str, Any], schemas: tuple[str, ...]
) -> CommandContext:
    """Take over the shared options."""
    invocation.flags = {name: given[name] for name in _SETTINGS if given.get(name) is not None}
    invocation.no_input = given["no_input"]
    invocation.debug = given["debug"]
    invocation.verbosity = given["verbose"]
    invocation.quiet = given.get("quiet", False)
    invocation.printed = schemas
    if given.get("fields") is not None:
        invocation.pick_fields(given["fields"])
    return invocation
