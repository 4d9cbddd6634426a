"""``userctl user export``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.errors import PARTIAL
from userctl.cli.output.output_file import write_output
from userctl.cli.output.render import is_terminal, write_error
from userctl.core.errors import InvalidInput
from userctl.formats.declarations.writer import write_declaration
from userctl.formats.file_format import STREAM, choose_format
from userctl.formats.writer import EXPORT_EXTENSIONS, write_records


@command(
    example="userctl user export users.jsonl --force",
    records_event=False,
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
    as_code: Annotated[
        bool,
        typer.Option("--as-code", help="Write YAML, or JSON, as 'userctl apply' reads it."),
    ] = False,
    set_name: Annotated[
        str | None,
        typer.Option("--set", metavar="NAME", help="Only the users of this set (with --as-code)."),
    ] = None,
) -> None:
    """Export all users to a file, in one consistent snapshot."""
    if as_code:
        _export_as_code(context, file, file_format, set_name, with_hashes=with_hashes, force=force)
        return
    if set_name is not None:
        raise InvalidInput("--set has no effect without --as-code.")
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


def _export_as_code(
    context: CommandContext,
    file: Path,
    file_format: str | None,
    set_name: str | None,
    *,
    with_hashes: bool,
    force: bool,
) -> None:
    if file_format is not None:
        raise InvalidInput("--as-code writes YAML, or JSON into a file that ends in .json.")

    def leave_out(user_id: int, reason: str) -> None:
        write_error(f"User {user_id}: {reason}")
        context.exit_code = PARTIAL

    users = context.services.code_export.chunks(
        set_name,
        with_hashes=with_hashes,
        on_unreadable=context.report_unreadable,
        on_odd=leave_out,
    )
    lines = write_declaration(file, users, set_name)
    write_output(file, lines, files=context.files, force=force, private=with_hashes)
