"""``userctl user import``."""

from functools import partial as bind
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.import_options import ReadingOptions, RuleOptions
from userctl.cli.commands.user.import_reading import ImportFile, begin_reading
from userctl.cli.commands.user.import_sources import SourceChoice
from userctl.cli.commands.user.rejects import (
    import_error,
    reject_lines,
    require_writable,
    write_rejects,
)
from userctl.cli.context import CommandContext
from userctl.cli.errors import PARTIAL
from userctl.cli.output.render import Progress, show_progress, write_error
from userctl.cli.verdicts import conclude, conclude_dry_run
from userctl.config.paths import missing_embedded_database
from userctl.formats.source import Source, open_source


@command(
    example="userctl user import users.csv --dry-run",
    prints=lambda: (schemas.transfer.ImportResult, schemas.transfer.ForeignImportResult),
)
def import_(
    context: CommandContext,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="CSV, JSON lines or JSON; - is standard input. Several are read as one.",
        ),
    ],
    origin: SourceChoice,
    reading: ReadingOptions,
    rules: RuleOptions,
    on_conflict: Annotated[
        Literal["error", "skip", "update"],
        typer.Option(
            "--on-conflict",
            metavar="RULE",
            help="What to do with users that exist: error, skip or update.",
        ),
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
            "--rejects",
            metavar="FILE",
            help="Write the rejected records here, as they were, with the reason.",
        ),
    ] = None,
) -> None:
    """Import users from a file: all of them or none.

    Fields: email, name, role, status, must_change_password, address_verified, former_login_at,
    created_at, and hashed_password (of most systems) or password. The first line of CSV names them.
    The output of 'user export' and 'user list' can be imported as it is. If another program wrote
    users, the export says which options an import needs.
    """
    require_writable(context, rejects, files)
    into_nothing = _is_without_database(context, dry_run=dry_run)
    stream = open_source(*files, encoding=reading.encoding)
    with stream as source, show_progress(quiet=context.quiet) as show:
        file = begin_reading(context, source[0], files, reading, origin, keep_sources=bool(rejects))
        report = context.services.user_import.load(
            file.records,
            on_conflict=on_conflict,
            partial=partial,
            dry_run=dry_run,
            into_nothing=into_nothing,
            rules=rules.rules(),
            source=file.system,
            sample=origin.sample(),
            **_callbacks(show, source),
        )
        write_rejects(context, report, rejects, file.rejects_format, source[0].encoding)
    _finish(context, report, file, rejects, partial=partial)


def _is_without_database(context: CommandContext, *, dry_run: bool) -> bool:
    """Return whether a dry run has no database yet, and note where an import would create it."""
    context.creates_database = not dry_run
    missing = missing_embedded_database(context.settings.database_url) if dry_run else None
    if missing is not None:
        context.note(f"There is no database at {missing} yet; an import would create it.")
    return missing is not None


def _callbacks(show: Progress, source: Source) -> dict[str, Any]:
    """Return the callbacks of an import: its progress, and the digest of its file."""
    return {
        "digest": source[1],
        "on_checked": bind(_show_checked, show, source),
        "on_written": bind(show, "Writing"),
    }


def _show_checked(show: Progress, source: Source, done: int, read: int) -> None:
    text, _, size = source
    # The number of records is estimated from the share of the file that was read.
    show("Checking", done, read * size // text.buffer.tell() if size else None)


def _finish(
    context: CommandContext,
    report: "schemas.transfer.ImportReport",
    file: ImportFile,
    rejects: Path | None,
    *,
    partial: bool,
) -> None:
    if report.result.rejected and not partial:
        raise import_error(context, report, has_file=rejects is not None)
    for line in reject_lines(report):
        # Even with --quiet, which must not hide why the exit code is not 0.
        write_error(line)
    if context.settings.output == "table" and context.fields is None:
        # The rest follows in sentences.
        result = report.result
        context.emit(schemas.transfer.ImportPlan.from_result(result) if result.dry_run else result)
    else:
        context.emit(file.result(report))
    file.print_notes(context, report)
    _conclude(context, report.result)
    if report.result.rejected:
        if rejects is not None:
            context.note("Correct the rejected records, and import them too.")
        raise typer.Exit(PARTIAL)


def _conclude(context: CommandContext, result: "schemas.transfer.ImportResult") -> None:
    """Say in one line what was imported."""
    counts = {
        ("created", "create"): result.created,
        ("updated", "update"): result.updated,
        ("left unchanged", "leave unchanged"): result.skipped,
        ("rejected", "reject"): result.rejected,
    }
    counts = {verbs: count for verbs, count in counts.items() if count}
    parts = ", ".join(f"{count:,} {done}" for (done, _), count in counts.items())
    if result.dry_run:
        plan = ", ".join(f"{verb} {count:,}" for (_, verb), count in counts.items())
        conclude_dry_run(context, f"this would {plan or 'create no user'}")
    elif result.created or result.updated:
        conclude(context, f"Imported users: {parts}")
    else:
        conclude(context, f"Nothing changed: {parts or 'there is no user in the file'}")
