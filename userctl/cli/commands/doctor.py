"""``userctl doctor``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES
from userctl.cli.output.render import is_terminal
from userctl.cli.verdicts import conclude
from userctl.core.errors import DatabaseNotReady
from userctl.core.text import pluralize

COLUMNS = ("check", "status", "message", "advice")


@command(
    example="userctl doctor",
    prints=lambda: schemas.database.CheckRead,
    skips_bad_settings=True,
    records_event=False,
)
def doctor(
    context: CommandContext,
    problems: Annotated[
        bool, typer.Option("--problems", help="Print only warnings, failures and fixes.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Fix file modes, the journal mode and leftover files.")
    ] = False,
) -> None:
    """Check files, keys, clock and database; exit 6 if a check fails.

    Each check is ok, a warning or a failure, with advice. It reads whole tables. What cannot be
    examined, such as a damaged file or a setting that cannot be read, is a failure among the
    others. --fix says what it changed.
    """
    checks = list(context.services.doctor.examine(fix=fix))
    shown = [check for check in checks if check.status != "ok" or check.fixed or not problems]
    if context.settings.output != "table" or context.fields:
        context.emit_all(shown, COLUMNS)
    elif is_terminal():
        context.emit_all(map(_with_advice, shown), COLUMNS[:-1])
    # The header of an empty table would be mail from cron every day.
    elif shown:
        context.emit_all(shown, COLUMNS)
    _conclude(context, checks)
    if any(check.status == "failure" for check in checks):
        raise typer.Exit(EXIT_CODES[DatabaseNotReady])


def _with_advice(check: "schemas.database.CheckRead") -> "schemas.database.CheckRead":
    """Return a check whose advice stands after its message, so that both have room."""
    return check.model_copy(update={"message": f"{check.message} {check.advice or ''}".rstrip()})


def _conclude(context: CommandContext, checks: "list[schemas.database.CheckRead]") -> None:
    """Say in one line what was fixed, and on a terminal what was found."""
    fixed = sum(check.fixed for check in checks)
    counts = [
        pluralize(sum(check.status == status and not check.fixed for check in checks), status)
        for status in ("failure", "warning")
    ]
    if fixed:
        conclude(context, f"Fixed {pluralize(fixed, 'problem')}; left {' and '.join(counts)}")
    elif is_terminal() and context.settings.output == "table":
        conclude(context, f"Found {' and '.join(counts)}")
