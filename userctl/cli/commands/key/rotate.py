"""``userctl key rotate``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(example="userctl key rotate --min-age 0s", prints=lambda: schemas.keys.KeyRead)
def rotate(
    context: CommandContext,
    min_age: Annotated[
        str,
        typer.Option(
            "--min-age",
            metavar="DURATION",
            help="Refuse if the next key was published more recently than this.",
        ),
    ] = "1h",
) -> None:
    """Sign with the next key and generate another next key.

    The previous key goes on verifying until the tokens it signed have expired.
    """
    context.emit(context.services.keys.rotate(options.parse_duration(min_age)))
