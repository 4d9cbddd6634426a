"""``userctl audit show``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl audit show 1",
    prints=lambda: schemas.audit.AuditEventRead,
    records_event=False,
)
def show(
    context: CommandContext,
    event: Annotated[int, typer.Argument(metavar="ID", help="Id of the event.")],
) -> None:
    """Show an event with everything that is known about it."""
    context.emit(context.services.audit.show(event))
