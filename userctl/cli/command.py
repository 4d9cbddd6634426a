"""Registers commands together with the options that all of them share."""

import inspect
from collections.abc import Callable
from typing import Any

import typer

from userctl.cli import options
from userctl.cli.invocation import Invocation
from userctl.errors import InvalidInput

Body = Callable[..., None]

_SHARED: dict[str, Any] = {
    "database_url": options.DatabaseURLOption,
    "profile": options.ProfileOption,
    "no_input": options.NoInputOption,
    "debug": options.DebugOption,
}
_PRINTING: dict[str, Any] = {
    "output": options.OutputOption,
    "quiet": options.QuietOption,
    "fields": options.FieldsOption,
}
_SETTINGS = ("database_url", "profile", "output")


def group(name: str, summary: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(name=name, help=summary, rich_markup_mode=None, add_completion=False)


def command(
    app: typer.Typer, name: str, *, example: str, prints: str | tuple[str, ...] = ()
) -> Callable[[Body], Body]:
    """Register a function as a command.

    The function gets the :class:`Invocation` first and its own parameters after it; the shared
    options are added to those and never reach it.

    Args:
        app: the group the command belongs to.
        name: what is typed.
        example: a command line for the help, which a test runs.
        prints: the schema, or schemas, whose records the command prints, if it prints records.
    """

    def register(body: Body) -> Body:
        schemas = (prints,) if isinstance(prints, str) else prints
        shared = _SHARED | (_PRINTING if schemas else {})

        def run(*, ctx: typer.Context, **values: Any) -> None:
            given = {name: values.pop(name) for name in shared}
            if ctx.args:
                # They are not repeated: one may be a password typed in the wrong place.
                raise InvalidInput(
                    f"There are {len(ctx.args)} arguments too many.",
                    hint=f"See '{ctx.command_path} --help'.",
                )
            body(_configured(ctx.obj, given, schemas), **values)

        run.__signature__ = _signature(body, shared)  # type: ignore[attr-defined]
        run.__annotations__ = {"ctx": typer.Context}
        app.command(
            name,
            help=body.__doc__,
            epilog=f"\b\nExample:\n  {example}",
            context_settings={"allow_extra_args": True},
        )(run)
        return body

    return register


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
    return False if name in {"no_input", "debug", "quiet"} else None


def _configured(
    invocation: Invocation, given: dict[str, Any], schemas: tuple[str, ...]
) -> Invocation:
    """Take over the shared options; what stands behind a command wins over what stands before."""
    settings = {name: given[name] for name in _SETTINGS if given.get(name) is not None}
    invocation.flags = {**invocation.flags, **settings}
    invocation.no_input |= given["no_input"]
    invocation.debug |= given["debug"]
    invocation.quiet |= given.get("quiet", False)
    if given.get("fields") is not None:
        invocation.pick_fields(given["fields"], schemas)
    return invocation
