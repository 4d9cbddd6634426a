"""``userctl audit head``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl audit head --raw",
    prints=lambda: schemas.audit.AuditHead,
    raw="anchor",
    records_event=False,
)
def head(context: CommandContext) -> None:
    """Print the last event as an anchor for 'audit verify'.

    Keep the anchor off the host, out of reach of those who can write the database.
    """
    context.emit(context.services.audit.head())
