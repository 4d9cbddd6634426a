"""The rejected records of an import: what is shown of them, and the file they are written to."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from userctl import schemas
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS
from userctl.cli.output.output_file import require_safe_output, write_output
from userctl.cli.output.render import write_error
from userctl.core.errors import (
    ImportRejected,
    InvalidInput,
    UserctlError,
    UserExists,
)
from userctl.formats.encoding import UNDECODABLE
from userctl.formats.rejects import RejectsFormat, format_rejects

SHOWN = 20
"""How many reasons are shown; ``--rejects`` writes all of them."""


def require_writable(context: CommandContext, rejects: Path | None, files: Sequence[Path]) -> None:
    """Make sure, before anything is imported, that the rejects can be written.

    Raises:
        InvalidInput: if they would overwrite an imported file, or one of the installation.
        InputOutputFailed: if their folder does not exist.
    """
    if rejects is None:
        return
    require_safe_output(rejects, context.files)
    if rejects.exists() and any(file.exists() and rejects.samefile(file) for file in files):
        raise InvalidInput("--rejects names a file that is imported, and would overwrite it.")


def write_rejects(
    context: CommandContext,
    report: "schemas.transfer.ImportReport",
    file: Path | None,
    file_format: RejectsFormat,
    encoding: str,
) -> None:
    """Write the rejected records as they were, each with the reason.

    Args:
        context: of the command.
        report: the outcome of the import.
        file: where to write them, if anywhere.
        file_format: the format of the imported file.
        encoding: its encoding; the rejects are in UTF-8, with a mark if the imported file was not.
    """
    if file is None:
        return

    def texts() -> Iterator[str]:
        if encoding != "utf-8":
            yield "\ufeff"
        yield from format_rejects(map(_with_reason, report.rejects), file_format)

    write_output(file, texts(), files=context.files, force=True, private=True, errors=UNDECODABLE)


def _with_reason(record: "schemas.transfer.RejectedRecord") -> tuple[Any, str]:
    reasons = (
        reason if field is None else f"{field}: {reason}" for _, field, reason in record.reasons
    )
    return record.source, " ".join(reasons)


def reject_lines(report: "schemas.transfer.ImportReport") -> list[str]:
    """Return the first reasons for which records were rejected, one line each."""
    reasons = report.reasons
    lines = [
        f"line {line}{'' if field is None else f', {field}'}: {reason}"
        for line, field, reason in islice(reasons, SHOWN)
    ]
    return lines if next(reasons, None) is None else [*lines, "and more"]


def import_error(
    context: CommandContext, report: "schemas.transfer.ImportReport", *, has_file: bool
) -> UserctlError:
    """Print the reasons why an import changed nothing, and return its error."""
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
    if not has_file:
        return ImportRejected(message)
    hint = "Import the others with --partial, and the rejected records once they are corrected."
    return ImportRejected(message, hint=hint)
