"""``userctl db``: the schema of the database, and its size."""

from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import PENDING
from userctl.cli.output.render import write
from userctl.core.errors import InvalidInput

commands = Commands("db", "Migrate the database, and see where it stands and how large it is.")

HISTORY_COLUMNS = ("revision", "summary", "applied")


@commands.command("migrate", prints="SchemaStatus", example="userctl db migrate")
def migrate(
    run: CommandContext,
    revision: Annotated[str, typer.Argument(metavar="[REVISION]", help="Where to go to.")] = "head",
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and change nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 8 if migrations are pending.")
    ] = False,
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", help="Copy an SQLite file beside itself first.")
    ] = True,
) -> None:
    """Bring the schema to the revision this userctl needs, or to another.

    An SQLite file that this changes is copied beside itself first; the result names the copy.
    """
    schema = run.services.schema
    if sql and check:
        raise InvalidInput("Give either --sql or --check.")
    if sql:
        write(schema.migration_sql(revision))
    elif check:
        status = schema.check()
        run.emit(status)
        if status.pending:
            raise typer.Exit(PENDING)
    else:
        run.emit(schema.migrate(revision, backup=backup))


@commands.command("status", prints="SchemaStatus", example="userctl db status -o json")
def status(run: CommandContext) -> None:
    """Show which revision the schema is at, and what is pending."""
    run.emit(run.services.schema.status())


@commands.command("history", prints="MigrationRead", example="userctl db history")
def history(run: CommandContext) -> None:
    """List all migrations, oldest first."""
    run.emit_all(run.services.schema.history(), HISTORY_COLUMNS)


@commands.command("downgrade", prints="SchemaStatus", example="userctl db downgrade 0001 --yes")
def downgrade(
    run: CommandContext,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="Where to go back to; 'base' drops all.")
    ],
    yes: options.YesOption = False,
) -> None:
    """Take the schema back to an older revision; what has no place there is lost.

    An SQLite file is copied beside itself first; the result names the copy.
    """
    run.confirm(f"Take {run.settings.database_url} back to {revision}?", yes=yes)
    run.emit(run.services.schema.downgrade(revision))


@commands.command("stats", prints="DatabaseStats", example="userctl db stats -o json")
def stats(run: CommandContext, older_than: options.OlderThanOption = "1d") -> None:
    """Show rows, sizes in bytes, and what 'token purge' with this span would delete and free."""
    run.emit(run.services.statistics.stats(options.duration(older_than)))


@commands.command("vacuum", prints="VacuumResult", example="userctl db vacuum")
def vacuum(run: CommandContext) -> None:
    """Give back the space of what was deleted.

    SQLite writes its file anew, which needs as much space again and keeps others from writing
    meanwhile. PostgreSQL keeps the space for new rows, and nobody waits.
    """
    run.emit(run.services.statistics.vacuum())
