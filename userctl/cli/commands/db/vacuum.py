"""``userctl db vacuum``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(example="userctl db vacuum", prints=lambda: schemas.database.VacuumResult)
def vacuum(context: CommandContext) -> None:
    """Reclaim the space of deleted rows.

    SQLite rewrites its file, which needs as much space again and blocks writers meanwhile.
    PostgreSQL keeps the space for new rows and blocks no one.
    """
    context.emit(context.services.statistics.vacuum())
