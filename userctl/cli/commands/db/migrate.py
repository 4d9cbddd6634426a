"""``userctl db migrate``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.db.verdict import conclude_check, conclude_move
from userctl.cli.context import CommandContext
from userctl.cli.errors import PENDING
from userctl.cli.output.render import write
from userctl.core.errors import InvalidInput


@command(example="userctl db migrate", prints=lambda: schemas.database.SchemaStatus)
def migrate(
    context: CommandContext,
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Target revision.")] = "head",
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and change nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 8 if migrations are pending.")
    ] = False,
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", help="Copy an SQLite file before changing it.")
    ] = True,
) -> None:
    """Upgrade the schema.

    The result names the copy that is made of an SQLite file first.
    """
    schema = context.services.schema
    if sql and check:
        raise InvalidInput("Pass either --sql or --check.")
    if sql:
        write(schema.migration_sql(revision))
    elif check:
        status = schema.check()
        context.emit(status)
        conclude_check(context, status)
        if status.pending:
            raise typer.Exit(PENDING)
    else:
        before = schema.status().current
        after = schema.migrate(revision, backup=backup)
        context.emit(after)
        conclude_move(
            context, "Upgraded", before, after, undo=f"db downgrade {before}" if before else None
        )
