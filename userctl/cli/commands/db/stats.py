"""``userctl db stats``."""

from datetime import timedelta

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl db stats -o json",
    prints=lambda: schemas.database.DatabaseStats,
    records_event=False,
)
def stats(context: CommandContext, older_than: options.OlderThanOption = None) -> None:
    """Show row counts, sizes, and what 'token purge' would delete."""
    retention = timedelta(days=context.settings.token_retention_days)
    span = retention if older_than is None else schemas.timestamp.parse_duration(older_than)
    context.emit(context.services.statistics.stats(span))
