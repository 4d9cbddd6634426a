"""The rejected records of an import: what is shown of them, and the file they are written to."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from userctl import schemas
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS
from userctl.cli.output.output_file import require_output, write_output
from userctl.cli.output.render import write_error
from userctl.core.errors import (
    ImportRejected,
    InvalidInput,
    UserctlError,
    UserExists,
)
from userctl.formats.reader import ImportFormat
from userctl.formats.writer import ExportFormat, write_records

SHOWN = 20
"""How many reasons are shown; ``--rejects`` writes all of them."""

FORMATS: Mapping[ImportFormat, ExportFormat] = {"csv": "csv", "json": "jsonl", "jsonl": "jsonl"}
"""The format of the rejects of a file in each format."""


def require_writable(context: CommandContext, rejects: Path, file: Path) -> None:
    """Make sure, before anything is imported, that the rejects can be written.

    Raises:
        InvalidInput: if they would overwrite the imported file, or one of the installation.
        InputOutputFailed: if their folder does not exist.
    """
    require_output(rejects, context.files)
    if rejects.exists() and file.exists() and rejects.samefile(file):
        raise InvalidInput("--rejects names the file that is imported, and would overwrite it.")


def write_rejects(
    context: CommandContext,
    report: "schemas.transfer.ImportReport",
    file: Path,
    file_format: ImportFormat,
) -> None:
    """Write the reasons of all rejections, in the format of the import."""
    reasons = iter(report.rejects)
    chunks = iter(lambda: list(islice(reasons, 1000)), [])
    lines = write_records(chunks, schemas.transfer.Reject._fields, FORMATS[file_format])
    write_output(file, lines, files=context.files, force=True, private=True)


def reject_lines(report: "schemas.transfer.ImportReport") -> list[str]:
    """Return the first reasons for which records were rejected, one line each."""
    reasons = iter(report.rejects)
    lines = [
        f"line {line}{'' if field is None else f', {field}'}: {reason}"
        for line, field, reason in islice(reasons, SHOWN)
    ]
    return lines if next(reasons, None) is None else [*lines, "and more"]


def import_error(context: CommandContext, report: "schemas.transfer.ImportReport") -> UserctlError:
    """Return the error of an import that changed nothing, after showing the reasons."""
    count = report.result.rejected
    rejected = "1 record was" if count == 1 else f"{count} records were"
    message = f"{rejected} rejected and nothing was imported"
    if context.settings.output in JSON_FORMATS:
        message = f"{message}: {'; '.join(reject_lines(report))}"
    else:
        for line in reject_lines(report):
            write_error(line)
        message = f"{message}."
    if report.conflicts_only:
        return UserExists(message, hint="Pass --on-conflict skip or update.")
    return ImportRejected(message)
