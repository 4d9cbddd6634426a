"""``userctl db downgrade``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.db.verdict import conclude_move
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm


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
    schema = context.services.schema

    def compose() -> str:
        if revision == "base":
            return "Drop all tables, with every user and token,"
        return f"Downgrade the schema from {schema.status().current or 'none'} to {revision}"

    confirm(context, compose, yes=yes)
    before = schema.status().current
    after = schema.downgrade(revision)
    context.emit(after)
    conclude_move(context, "Downgraded", before, after, undo="db migrate")
