"""``userctl doctor``."""

from typing import Annotated

import typer

from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES
from userctl.core.errors import DatabaseNotReady

commands = Commands()

COLUMNS = ("check", "status", "message", "advice")


@commands.command("doctor", prints="CheckRead", example="userctl doctor")
def doctor(
    run: CommandContext,
    problems: Annotated[
        bool, typer.Option("--problems", help="Print only what is not in order.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Correct modes, the journal mode and leftovers.")
    ] = False,
) -> None:
    """Check files, keys, clock, database and accounts; exit 6 if a check fails.

    Each check is ok, a warning or a failure, with what to do. It reads whole tables.
    """
    found = list(run.services.doctor.examine(fix=fix))
    shown = [check for check in found if check.status != "ok" or not problems]
    # A table of nothing would be mail from cron every day.
    if shown or run.settings.output != "table":
        run.emit_all(shown, COLUMNS)
    if any(check.status == "failure" for check in found):
        raise typer.Exit(EXIT_CODES[DatabaseNotReady])
