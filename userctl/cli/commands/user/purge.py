"""``userctl user purge``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl user purge --older-than 30d --quiet",
    prints=lambda: schemas.users.DeletedUserPurge,
)
def purge(
    context: CommandContext,
    older_than: Annotated[
        str,
        typer.Option(
            "--older-than",
            metavar="DURATION",
            help="Deleted at least this long ago: 12h, 30d, 52w.",
        ),
    ] = "30d",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count them; delete nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Trust the system clock, even if it looks wrong.")
    ] = False,
) -> None:
    """Permanently remove users deleted at least 30 days ago."""
    span = options.parse_duration(older_than)
    context.emit(context.services.recycle_bin.purge(span, dry_run=dry_run, trust_clock=yes))
