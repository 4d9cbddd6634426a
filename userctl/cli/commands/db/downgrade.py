"""``userctl db downgrade``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl db downgrade 0001 --yes",
    prints=lambda: schemas.database.SchemaStatus,
)
def downgrade(
    context: CommandContext,
    revision: Annotated[
        str,
        typer.Argument(metavar="REVISION", help="Target revision; 'base' drops all tables."),
    ],
    yes: options.YesOption = False,
) -> None:
    """Downgrade the schema to an older revision.

    Data that has no place in the older schema is lost. An SQLite file is copied first; the result
    names the copy.
    """
    context.confirm(f"Downgrade {context.settings.database_url} to {revision}?", yes=yes)
    context.emit(context.services.schema.downgrade(revision))
