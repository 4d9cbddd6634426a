"""``userctl user export``: accounts into a file."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.commands.user.manage import commands
from userctl.cli.context import CommandContext
from userctl.cli.output.output_file import write_new
from userctl.cli.output.render import on_terminal
from userctl.formats.reader import STREAM, format_of
from userctl.formats.writer import record_lines


@commands.command("export", example="userctl user export accounts.jsonl --force")
def export(
    run: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="[FILE|-]", help="Default: stdout.")] = STREAM,
    file_format: options.FormatOption = None,
    with_hashes: Annotated[
        bool, typer.Option("--with-hashes", help="Also the hashes of passwords, in a 0600 file.")
    ] = False,
    force: options.ForceOption = False,
) -> None:
    """Write all accounts to a file, as they are at one moment."""
    service = run.services.user_export
    lines = record_lines(
        service.chunks(with_hashes=with_hashes),
        service.fields(with_hashes=with_hashes),
        format_of(file, file_format),
        escaped=file == STREAM and on_terminal(),
    )
    write_new(file, lines, force=force, private=with_hashes)
