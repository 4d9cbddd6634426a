"""``userctl db backup``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.human import human_size
from userctl.cli.verdicts import conclude


@command(
    example="userctl db backup users.backup",
    prints=lambda: schemas.database.BackupRead,
    records_event=False,
)
def backup(
    context: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    force: options.ForceOption = False,
) -> None:
    """Back up the database while it is in use, and check the backup.

    For SQLite it is a database file, for PostgreSQL a dump (pg_dump). Only you can read it, because
    it holds password hashes. Signing keys are not in it.
    """
    written = context.services.backups.backup(file, replace=force)
    context.emit(written)
    done = f"Backed up {written.database} to {written.file}, and verified it"
    conclude(context, done, human_size(written.size_bytes))
