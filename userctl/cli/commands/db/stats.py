"""``userctl db stats``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl db stats -o json",
    prints=lambda: schemas.database.DatabaseStats,
    only_reads=True,
)
def stats(context: CommandContext, older_than: options.OlderThanOption = "1d") -> None:
    """Show row counts, sizes, and what 'token purge' would delete."""
    span = options.parse_duration(older_than)
    context.emit(context.services.statistics.stats(span))
