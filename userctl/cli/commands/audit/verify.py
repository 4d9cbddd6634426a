"""``userctl audit verify``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl audit verify -o json",
    prints=lambda: schemas.audit.AuditVerification,
    records_event=False,
)
def verify(
    context: CommandContext,
    anchor: Annotated[
        str | None,
        typer.Option("--anchor", metavar="ID:HASH", help="An earlier output of 'audit head'."),
    ] = None,
) -> None:
    """Verify that no event was changed, removed or inserted.

    Exit code 6 means that one was. Truncation is detectable only against an anchor kept off the
    host, and so is a trail that was rewritten as a whole.
    """
    context.emit(context.services.audit.verify(anchor))
