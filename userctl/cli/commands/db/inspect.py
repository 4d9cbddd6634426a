"""``userctl db inspect``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl db inspect users.backup",
    prints=lambda: schemas.database.BackupInspection,
    records_event=False,
)
def inspect(
    context: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup from 'db backup'.")],
) -> None:
    """Show what a backup holds, and verify it, without restoring it.

    It is read from end to end: exit code 6 means that it is damaged. A backup of PostgreSQL is
    read with pg_restore.
    """
    context.emit(context.services.backups.inspect(file))
