"""The program: runs one command line and turns its outcome into an exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import userctl
from userctl.cli import help_page
from userctl.cli.command_table import COMMANDS
from userctl.cli.completion.variables import VARIABLE, require_completion_variables
from userctl.cli.context import CommandContext
from userctl.cli.errors import (
    EXIT_CODES_HELP,
    UNEXPECTED,
    Terminated,
    report,
    terminate_on_sigterm,
)
from userctl.cli.lazy_group import LazyCommands, LazyGroup
from userctl.cli.output.render import ReaderLeft, flush, prepare_stdout, write
from userctl.core.errors import OutputLost

if TYPE_CHECKING:
    from userctl.cli.tracing import RunTrace

PROGRAM = "userctl"

_LOST_OUTPUT = "Nothing reads standard output, so a secret that is shown only once was lost."


def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Manage users and their tokens in a local SQLite file or in PostgreSQL.

    Options follow the verb: userctl user list --profile prod -o json
    """
    if version:
        write(f"{PROGRAM} {userctl.__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        write(ctx.get_help() + "\n")


def program(*, completion: bool = False) -> Any:
    """Return the Click command of the whole program.

    Typer coerces the value of every option with pydantic, even of one that was not passed. The
    program itself has no such option, not even for completion, so that help need not load pydantic.

    Args:
        completion: whether to answer the shell's requests for completions.
    """
    app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, add_completion=completion)
    app.callback(
        invoke_without_command=True,
        epilog=EXIT_CODES_HELP,
        context_settings=help_page.SETTINGS,
    )(root)
    group = typer.main.get_command(app)
    assert isinstance(group, LazyGroup)
    group.commands = LazyCommands(COMMANDS)  # type: ignore[assignment]
    return group


def run(argv: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    context = CommandContext()
    code = UNEXPECTED
    try:
        context.trace = _begin_trace(argv)
        code = _invoke(argv, context)
        flush()
    except BaseException as error:  # noqa: BLE001
        if isinstance(error, ReaderLeft) and context.shows_secret:
            error = OutputLost(_LOST_OUTPUT)
        context.error = error
        debug = context.debug or "--debug" in argv
        code = report(error, argv, debug=debug, output=context.known_output)
        # What is left in the buffer of a lost output would fail again when the program exits.
        with suppress(OutputLost, ReaderLeft):
            flush()
    finally:
        # The command has ended, and its exit code stands.
        with suppress(KeyboardInterrupt, Terminated):
            context.close(code)
    return code


def _begin_trace(argv: Sequence[str]) -> "RunTrace | None":
    """Begin the trace of a run; its modules load only if the environment names a collector."""
    if not any(name.startswith("OTEL_") for name in os.environ):
        return None
    from userctl.core.tracing import wants_trace  # noqa: PLC0415 - rarely needed.

    if not wants_trace(os.environ):
        return None
    from userctl.cli.tracing import RunTrace

    return RunTrace(argv)


def _invoke(argv: Sequence[str], context: CommandContext) -> int:
    command = program()
    try:
        with command.make_context(PROGRAM, list(argv), obj=context) as click_context:
            command.invoke(click_context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _complete() -> int:
    """Answer a shell that asks for its script, or that uses the script of an earlier version."""
    try:
        require_completion_variables(os.environ)
        action, _, shell = os.environ[VARIABLE].partition("_")
        if action == "source":
            return run(["completion", shell])
        program(completion=True).main(prog_name=PROGRAM)
    except Exception as error:  # noqa: BLE001
        return report(error, (), debug=False)
    return 0


def main() -> NoReturn:
    """Run the program on the arguments of this process."""
    terminate_on_sigterm()
    prepare_stdout()
    sys.exit(_complete() if os.environ.get(VARIABLE) else run(sys.argv[1:]))
