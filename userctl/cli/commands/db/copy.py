"""``userctl db copy``: from one database into another."""

from typing import Annotated

import typer

from userctl.cli.commands.db.schema import commands
from userctl.cli.context import CommandContext
from userctl.cli.output.render import progress

COLUMNS = ("table", "rows")


@commands.command("copy", prints="TableCopy", example="userctl db copy --to sqlite:///copy.db")
def copy(
    run: CommandContext,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="An empty database, or a new SQLite file.")
    ],
) -> None:
    """Copy all rows into an empty database of either kind, and compare them there.

    It gets the schema if it has none; do not migrate it before. All rows are there at the end, or
    none. Signing keys are not in the database: take the keyring along.
    """
    if foreign := run.services.copy.left_behind():
        run.note(f"Columns that userctl did not make are not copied: {', '.join(foreign)}.")
    with progress(quiet=run.quiet) as show:
        copied = run.services.copy.copy(to, tell=show)
    run.emit_all(copied, COLUMNS)
