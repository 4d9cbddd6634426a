"""``userctl user export``: accounts into a file."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.commands.user import commands
from userctl.cli.invocation import Invocation
from userctl.cli.record_reader import STREAM, format_of
from userctl.cli.record_writer import record_lines
from userctl.cli.render import on_terminal, write
from userctl.errors import FileExists
from userctl.private_files import require_file_or_nothing, write_whole


@commands.command("export", example="userctl user export accounts.jsonl --force")
def export(
    run: Invocation,
    file: Annotated[Path, typer.Argument(metavar="[FILE|-]", help="Default: stdout.")] = STREAM,
    file_format: options.FormatOption = None,
    with_hashes: Annotated[
        bool, typer.Option("--with-hashes", help="Also the hashes of passwords, in a 0600 file.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write all accounts to a file, as they are at one moment."""
    chosen = format_of(file, file_format)
    if file != STREAM:
        _require_writable(file, force=force)
    service = run.services.user_export
    chunks = service.chunks(with_hashes=with_hashes)
    fields = service.fields(with_hashes=with_hashes)
    if file == STREAM:
        for text in record_lines(chunks, fields, chosen, escaped=on_terminal()):
            write(text)
    elif not write_whole(
        file, record_lines(chunks, fields, chosen), replace=force, private=with_hashes
    ):
        raise _exists(file)


def _require_writable(file: Path, *, force: bool) -> None:
    require_file_or_nothing(file)
    if file.exists() and not force:
        raise _exists(file)


def _exists(file: Path) -> FileExists:
    return FileExists(f"There is a file {file} already.", hint="Give --force to replace it.")
