"""``userctl db vacuum``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.human import human_size
from userctl.cli.verdicts import conclude


@command(
    example="userctl db vacuum", prints=lambda: schemas.database.VacuumResult, records_event=False
)
def vacuum(context: CommandContext) -> None:
    """Reclaim the space of deleted rows.

    SQLite rewrites its file, which needs as much space again and blocks writers meanwhile.
    PostgreSQL keeps the space for new rows and blocks no one.
    """
    result = context.services.statistics.vacuum()
    context.emit(result)
    place = context.settings.database_url
    if result.freed_bytes > 0:
        conclude(context, f"Vacuumed {place}", f"{human_size(result.freed_bytes)} freed")
    else:
        conclude(context, f"Vacuumed {place}", "there was nothing to free")
