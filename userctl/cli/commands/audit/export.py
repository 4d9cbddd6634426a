"""``userctl audit export``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.output_file import write_output
from userctl.cli.output.render import is_terminal
from userctl.formats.file_format import STREAM, choose_format
from userctl.formats.writer import EXPORT_EXTENSIONS, write_records


@command(
    example="userctl audit export trail.jsonl --force",
    records_event=False,
)
def export(
    context: CommandContext,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write; - is standard output.")
    ] = STREAM,
    file_format: options.ExportFormatOption = None,
    force: options.ForceOption = False,
) -> None:
    """Export all events to a file, with everything their hashes cover."""
    chosen = choose_format(file, file_format, EXPORT_EXTENSIONS)
    audit = context.services.audit
    escaped = file == STREAM and is_terminal()
    lines = write_records(
        audit.chunks(context.report_unreadable), audit.fields, chosen, escaped=escaped
    )
    write_output(file, lines, files=context.files, force=force, private=True)
