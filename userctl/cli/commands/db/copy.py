"""``userctl db copy``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.database_urls import resolve_database_url
from userctl.cli.output.render import show_progress
from userctl.cli.verdicts import conclude
from userctl.config.database_url import DatabaseURL
from userctl.core.text import pluralize

COLUMNS = ("table", "rows")


@command(
    example="userctl db copy --to sqlite:///copy.db",
    prints=lambda: schemas.database.TableCopy,
)
def copy(
    context: CommandContext,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="URL", help="An empty database or a new SQLite file; @FILE holds one."
        ),
    ],
) -> None:
    """Copy all rows into an empty database, and compare them there.

    SQLite and PostgreSQL can be copied into each other. The target gets the schema if it has none;
    do not migrate it first. Either all rows are copied or none. Signing keys are not in the
    database: copy the keyring too.
    """
    to = resolve_database_url(to, "--to", context.note)
    if foreign := context.services.copy.uncopied_columns():
        context.note(f"Columns that userctl did not create are not copied: {', '.join(foreign)}.")
    with show_progress(quiet=context.quiet) as show:
        copied = context.services.copy.copy(to, report=show)
    context.emit_all(copied, COLUMNS)
    target = DatabaseURL.parse(to)
    rows = pluralize(sum(table.rows for table in copied), "row")
    conclude(context, f"Copied {rows} to {target}, and compared them there",
             "signing keys are not in it")  # fmt: skip
