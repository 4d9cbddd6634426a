"""``userctl user export``."""

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
    example="userctl user export users.jsonl --force",
    recorded=False,
)
def export(
    context: CommandContext,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write; - is standard output.")
    ] = STREAM,
    file_format: options.ExportFormatOption = None,
    with_hashes: Annotated[
        bool,
        typer.Option("--with-hashes", help="Include password hashes; the file gets mode 0600."),
    ] = False,
    force: options.ForceOption = False,
) -> None:
    """Export all users to a file, in one consistent snapshot."""
    service = context.services.user_export
    needs = service.needs()
    lines = write_records(
        service.chunks(
            with_hashes=with_hashes, on_unreadable=context.report_unreadable, needs=needs
        ),
        service.fields(with_hashes=with_hashes),
        choose_format(file, file_format, EXPORT_EXTENSIONS),
        escaped=file == STREAM and is_terminal(),
    )
    write_output(file, lines, files=context.files, force=force, private=with_hashes)
    if advice := needs.describe():
        context.note(advice)
