"""``userctl user import``: accounts from a file."""

from collections.abc import Iterator
from functools import partial as applied
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.commands.user.manage import commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS, PARTIAL
from userctl.cli.output.render import progress, write_error
from userctl.core.atomic_files import require_regular_file_or_none, write_atomic
from userctl.core.errors import (
    ImportRejected,
    InputOutputFailed,
    InvalidInput,
    UserctlError,
    UserExists,
)
from userctl.formats.reader import RecordFormat, format_of, read_records
from userctl.formats.source import record_source
from userctl.formats.writer import record_lines

SHOWN = 20
"""How many reasons are told; all of them go to ``--rejects``."""


@commands.command(
    "import", prints="ImportResult", example="userctl user import accounts.csv --dry-run"
)
def import_(
    run: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="CSV or JSON lines.")],
    file_format: options.FormatOption = None,
    on_conflict: Annotated[
        Literal["error", "skip", "update"],
        typer.Option("--on-conflict", help="What becomes of an account that exists."),
    ] = "error",
    partial: Annotated[
        bool, typer.Option("--partial", help="Import the good records; exit 7 if others are not.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, change nothing.")] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Write all rejected records to this file.")
    ] = None,
) -> None:
    """Create accounts from a file, all of them or none.

    Fields: email, name, role, status, must_change_password, created_at, and hashed_password
    (bcrypt) or password. CSV names them in its first line. An export can be read as it is.
    """
    chosen = format_of(file, file_format)
    if rejects is not None:
        _require_separate(rejects, file)
    with record_source(file) as (source, digest, size), progress(quiet=run.quiet) as show:
        report = run.services.user_import.load(
            read_records(source, chosen, (*schemas.IMPORTED_FIELDS, *schemas.UNUSED_FIELDS)),
            on_conflict=on_conflict,
            partial=partial,
            dry_run=dry_run,
            digest=digest,
            on_checked=lambda done, read: show(
                "Checking", done, read * size // source.buffer.tell() if size else None
            ),
            on_written=applied(show, "Writing"),
        )
    if rejects is not None:
        write_atomic(rejects, _lines_of(report, chosen), replace=True, private=True)
    if report.result.rejected and not partial:
        raise _refusal(run, report)
    for line in _told(report):
        run.note(line)
    run.emit(report.result)
    if report.result.rejected:
        raise typer.Exit(PARTIAL)


def _require_separate(rejects: Path, file: Path) -> None:
    """Find out before anything is imported whether the rejects may be written."""
    require_regular_file_or_none(rejects)
    if rejects.exists() and file.exists() and rejects.samefile(file):
        raise InvalidInput("The rejects would be written over the file that is imported.")
    if not rejects.parent.is_dir():
        raise InputOutputFailed(f"There is no folder {rejects.parent}.")


def _lines_of(report: "schemas.ImportReport", file_format: RecordFormat) -> Iterator[str]:
    reasons = iter(report.rejects)
    chunks = iter(lambda: list(islice(reasons, 1000)), [])
    return record_lines(chunks, schemas.Reject._fields, file_format)


def _told(report: "schemas.ImportReport") -> list[str]:
    """Return the first reasons for which records were rejected, a line for each."""
    reasons = iter(report.rejects)
    told = [
        f"line {line}{'' if field is None else f', {field}'}: {reason}"
        for line, field, reason in islice(reasons, SHOWN)
    ]
    return told if next(reasons, None) is None else [*told, "and more"]


def _refusal(run: CommandContext, report: "schemas.ImportReport") -> UserctlError:
    count = report.result.rejected
    rejected = "1 record was" if count == 1 else f"{count} records were"
    message = f"{rejected} rejected and nothing was imported"
    if run.settings.output in JSON_FORMATS:
        message = f"{message}: {'; '.join(_told(report))}"
    else:
        for line in _told(report):
            write_error(line)
        message = f"{message}."
    if report.conflicts_only:
        return UserExists(message, hint="Give --on-conflict skip or update.")
    return ImportRejected(message)
