"""``userctl db status``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl db status -o json",
    prints=lambda: schemas.database.SchemaStatus,
    records_event=False,
)
def status(context: CommandContext) -> None:
    """Show the schema revision and the pending migrations."""
    context.emit(context.services.schema.status())
