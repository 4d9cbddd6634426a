"""``userctl health``."""

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.errors import EXIT_CODES
from userctl.core.errors import DatabaseNotReady


@command(
    example="userctl health -o json",
    prints=lambda: schemas.database.Health,
    records_event=False,
)
def health(context: CommandContext) -> None:
    """Check that the database can serve; exit 6 if it cannot."""
    result, failure = context.services.health.check()
    context.emit(result)
    if failure is not None:
        context.note(f"{failure.message} {failure.hint or ''}".rstrip())
        raise typer.Exit(EXIT_CODES[DatabaseNotReady])
