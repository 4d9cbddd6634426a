"""``userctl db history``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext

COLUMNS = ("revision", "summary", "applied")


@command(
    example="userctl db history",
    prints=lambda: schemas.database.MigrationRead,
    records_event=False,
)
def history(context: CommandContext) -> None:
    """List all migrations, oldest first."""
    context.emit_all(context.services.schema.history(), COLUMNS)
