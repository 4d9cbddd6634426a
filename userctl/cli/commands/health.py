"""``userctl health``."""

import typer

from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES
from userctl.core.errors import DatabaseNotReady

commands = Commands()


@commands.command("health", prints="Health", example="userctl health -o json")
def health(run: CommandContext) -> None:
    """Tell whether the database can serve; exit 6 if it cannot."""
    result, failure = run.services.health.check()
    run.emit(result)
    if failure is not None:
        run.note(f"{failure.message} {failure.hint or ''}".rstrip())
        raise typer.Exit(EXIT_CODES[DatabaseNotReady])
