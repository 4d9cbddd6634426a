"""The program: puts the commands together and runs them."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

import userctl
from userctl.cli.command import Builder, LazyCommands, LazyGroup
from userctl.cli.commands import audit, config, doctor, health, key, metrics
from userctl.cli.commands.db import adopt as db_adopt
from userctl.cli.commands.db import backup as db_backup
from userctl.cli.commands.db import copy as db_copy
from userctl.cli.commands.session import login, logout, whoami
from userctl.cli.commands.token import manage as token_admin
from userctl.cli.commands.token import purge as token_purge
from userctl.cli.commands.user import delete as user_delete
from userctl.cli.commands.user import export as user_export
from userctl.cli.commands.user import import_ as user_import
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES_HELP, UNEXPECTED, report, terminate_on_sigterm
from userctl.cli.output.render import flush, prepare, write
from userctl.core.errors import OutputLost

PROGRAM = "userctl"


def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Manage user accounts and their tokens, in a local SQLite file or in PostgreSQL.

    Options stand behind the command: userctl user list --profile prod -o json

    Shell completion: eval "$(_USERCTL_COMPLETE=source_bash userctl)", or source_zsh, source_fish.
    """
    if version:
        write(f"{PROGRAM} {userctl.__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        write(ctx.get_help() + "\n")


def program(*, completion: bool = False) -> Any:
    """Return the Click command of the whole program.

    Typer coerces every option that takes a value with pydantic, given or not. The program itself
    has none, not even those for completion, so that no help waits for that.

    Args:
        completion: whether to answer the shell's requests for completions.
    """
    app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, add_completion=completion)
    app.callback(
        invoke_without_command=True,
        epilog=EXIT_CODES_HELP,
        context_settings={"help_option_names": ["--help", "-h"]},
    )(root)
    group = typer.main.get_command(app)
    assert isinstance(group, LazyGroup)
    builders: dict[str, Builder] = {}
    for module in (
        user_import,
        user_export,
        user_delete,
        login,
        logout,
        whoami,
        token_admin,
        token_purge,
        key,
        audit,
        db_adopt,
        db_backup,
        db_copy,
        config,
        doctor,
        health,
        metrics,
    ):
        builders |= module.commands.builders()
    group.commands = LazyCommands(builders)  # type: ignore[assignment]
    return group


def run(argv: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    invocation = CommandContext()
    code = UNEXPECTED
    try:
        code = _invoked(argv, invocation)
        flush()
    except BaseException as error:  # noqa: BLE001
        debug = invocation.debug or "--debug" in argv
        code = report(error, argv, debug=debug, output=invocation.known_output)
        # What is left in the buffer of a lost output would fail again when the program ends.
        with suppress(OutputLost):
            flush()
    finally:
        invocation.ended(code)
    return code


def _invoked(argv: Sequence[str], invocation: CommandContext) -> int:
    command = program()
    try:
        with command.make_context(PROGRAM, list(argv), obj=invocation) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def main() -> NoReturn:
    """Run the program on the arguments of this process."""
    terminate_on_sigterm()
    prepare()
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        program(completion=True).main(prog_name=PROGRAM)
    sys.exit(run(sys.argv[1:]))
