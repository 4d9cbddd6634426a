"""``userctl db restore``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl db restore users.backup --yes",
    prints=lambda: schemas.database.SchemaStatus,
)
def restore(
    context: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup from 'db backup'.")],
    yes: options.YesOption = False,
) -> None:
    """Replace the whole database with a backup.

    An existing SQLite file is copied first; the result names the copy. On PostgreSQL, tables that
    are not in the backup stay as they are.
    """
    question = f"Replace ALL data in {context.settings.database_url} with {file}?"
    context.confirm(question, yes=yes)
    context.emit(context.services.backups.restore(file))
