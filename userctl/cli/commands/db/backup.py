"""``userctl db backup`` and ``userctl db restore``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.commands.db.schema import commands
from userctl.cli.context import CommandContext


@commands.command("backup", prints="BackupRead", example="userctl db backup accounts.backup")
def backup(
    run: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.")],
    force: options.ForceOption = False,
) -> None:
    """Write a backup of the whole database while others go on, and check it.

    Of SQLite it is a database itself, of PostgreSQL a dump (pg_dump). Only you may read it, because
    it holds hashes. Signing keys are not in it.
    """
    run.emit(run.services.backups.backup(file, replace=force))


@commands.command(
    "restore", prints="SchemaStatus", example="userctl db restore accounts.backup --yes"
)
def restore(
    run: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'db backup' wrote.")],
    yes: options.YesOption = False,
) -> None:
    """Put a backup in the place of everything that the database holds.

    An SQLite file that is there is copied beside itself first; the result names the copy. On
    PostgreSQL, tables that the backup does not have stay as they are.
    """
    run.confirm(f"Replace what {run.settings.database_url} holds by {file}?", yes=yes)
    run.emit(run.services.backups.restore(file))
