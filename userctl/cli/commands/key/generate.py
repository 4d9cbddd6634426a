"""``userctl key generate``."""

from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.key.verdict import conclude_added_key
from userctl.cli.context import CommandContext


@command(
    example="userctl key generate --algorithm HS256",
    prints=lambda: schemas.keys.KeyRead,
    creates_database=True,
)
def generate(
    context: CommandContext,
    algorithm: Annotated[
        Literal["HS256", "EdDSA", "ES256", "RS256"] | None,
        typer.Option("--algorithm", help="Default: that of the active key, else HS256."),
    ] = None,
) -> None:
    """Generate the next key, which signs after the next rotation.

    It is published at once, so that every verifier has it by then.
    """
    key = context.services.keys.generate(algorithm)
    context.emit(key)
    conclude_added_key(context, f"Generated {key.algorithm} key {key.kid}", key)
