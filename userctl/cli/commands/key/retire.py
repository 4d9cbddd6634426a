"""``userctl key retire``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example='userctl key retire "$(userctl key list -q | head -n 1)" --yes',
    prints=lambda: schemas.keys.KeyRead,
)
def retire(
    context: CommandContext,
    kid: Annotated[str, typer.Argument(metavar="KID", help="Key id from 'key list'.")],
    yes: options.YesOption = False,
) -> None:
    """Delete a key and reject every token that it signed."""
    context.confirm(f"Retire {kid}? Every token that it signed stops working.", yes=yes)
    context.emit(context.services.keys.retire(kid))
