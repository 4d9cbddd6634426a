"""The program: puts the commands together and runs them."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

import userctl
from userctl.cli import options
from userctl.cli.commands import config, db, health, login, logout, token, user, whoami
from userctl.cli.errors import EXIT_CODES_HELP, report, terminate_on_sigterm
from userctl.cli.invocation import Invocation
from userctl.cli.render import flush, write

PROGRAM = "userctl"

app = typer.Typer(
    name=PROGRAM,
    rich_markup_mode=None,
    epilog=EXIT_CODES_HELP,
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def root(
    ctx: typer.Context,
    database_url: options.DatabaseURLOption = None,
    profile: options.ProfileOption = None,
    no_input: options.NoInputOption = False,
    debug: options.DebugOption = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Manage user accounts and their tokens, in a local SQLite file or in PostgreSQL."""
    given = {"database_url": database_url, "profile": profile}
    ctx.obj.flags = {name: value for name, value in given.items() if value is not None}
    ctx.obj.no_input = no_input
    ctx.obj.debug = debug
    if version:
        write(f"{PROGRAM} {userctl.__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        write(ctx.get_help() + "\n")


for commands in (user, login, logout, whoami, token, db, config, health):
    app.add_typer(commands.app)


def run(argv: Sequence[str]) -> int:
    """Run one command line and return the exit code."""
    invocation = Invocation(flags={})
    try:
        command = typer.main.get_command(app)
        with command.make_context(PROGRAM, list(argv), obj=invocation) as context:
            command.invoke(context)
        flush()
    except BaseException as error:  # noqa: BLE001
        return report(error, argv, debug=invocation.debug or "--debug" in argv)
    finally:
        invocation.close()
    return 0


def main() -> NoReturn:
    """Run the program."""
    terminate_on_sigterm()
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        # The shell asks for completions, which Typer answers on its own.
        app(prog_name=PROGRAM)
    sys.exit(run(sys.argv[1:]))
