"""``userctl user import``."""

from functools import partial as bind
from pathlib import Path
from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.user.rejects import (
    import_error,
    reject_lines,
    require_writable,
    write_rejects,
)
from userctl.cli.context import CommandContext
from userctl.cli.errors import PARTIAL
from userctl.cli.output.render import show_progress
from userctl.formats.file_format import choose_format
from userctl.formats.reader import IMPORT_EXTENSIONS, ImportFormat, read_records
from userctl.formats.source import open_source


@command(
    example="userctl user import users.csv --dry-run",
    prints=lambda: schemas.transfer.ImportResult,
)
def import_(
    context: CommandContext,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON lines; - is standard input.")
    ],
    file_format: options.ImportFormatOption = None,
    on_conflict: Annotated[
        Literal["error", "skip", "update"],
        typer.Option("--on-conflict", help="What to do with users that already exist."),
    ] = "error",
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Import the valid records; exit 7 if any are rejected."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, change nothing.")
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects", metavar="FILE", help="Write line, field and reason of each rejection here."
        ),
    ] = None,
) -> None:
    """Import users from a file: all of them or none.

    Fields: email, name, role, status, must_change_password, created_at, and hashed_password
    (bcrypt) or password. The first line of CSV names them. The output of 'user export' can be
    imported as it is.
    """
    context.creates_database = not dry_run
    chosen = choose_format(file, file_format, IMPORT_EXTENSIONS)
    if rejects is not None:
        require_writable(context, rejects, file)
    report = _load(context, file, chosen, on_conflict, partial=partial, dry_run=dry_run)
    if rejects is not None:
        write_rejects(context, report, rejects, chosen)
    if report.result.rejected and not partial:
        raise import_error(context, report)
    for line in reject_lines(report):
        context.note(line)
    context.emit(report.result)
    if report.result.rejected:
        raise typer.Exit(PARTIAL)


def _load(
    context: CommandContext,
    file: Path,
    file_format: ImportFormat,
    on_conflict: "schemas.transfer.OnConflict",
    *,
    partial: bool,
    dry_run: bool,
) -> "schemas.transfer.ImportReport":
    known = (*schemas.transfer.IMPORTED_FIELDS, *schemas.transfer.UNUSED_FIELDS)
    with open_source(file) as (source, digest, size), show_progress(quiet=context.quiet) as show:
        return context.services.user_import.load(
            read_records(source, file_format, known),
            on_conflict=on_conflict,
            partial=partial,
            dry_run=dry_run,
            digest=digest,
            on_checked=lambda done, read: show(
                "Checking", done, read * size // source.buffer.tell() if size else None
            ),
            on_written=bind(show, "Writing"),
        )
