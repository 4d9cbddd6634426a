"""``userctl key import``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.key.verdict import conclude_added_key
from userctl.cli.context import CommandContext
from userctl.cli.prompts import read_stdin
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.core.secure_files import read_secret


@command(
    example="userctl key import --file secret.key",
    prints=lambda: schemas.keys.KeyRead,
)
def import_(
    context: CommandContext,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Read the key from a file only you can read."),
    ] = None,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the key from standard input.")
    ] = False,
) -> None:
    """Import a private key: PEM, JWK or the text of an HS256 secret."""
    if stdin == (file is not None):
        raise InvalidInput("Pass either --file or --stdin.")
    text = read_stdin() if file is None else _read(file)
    key = context.services.keys.import_(text)
    context.emit(key)
    conclude_added_key(context, f"Imported {key.algorithm} key {key.kid}", key)


def _read(file: Path) -> str:
    text = read_secret(file)
    if text is None:
        raise InputOutputFailed(f"{file} does not exist.")
    return text
