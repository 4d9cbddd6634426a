"""``userctl key list``."""

from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext

COLUMNS = ("kid", "algorithm", "state", "created_at", "activated_at", "verifies_until")


@command(
    example="userctl key list",
    prints=lambda: schemas.keys.KeyRead,
    records_event=False,
)
def list_(
    context: CommandContext,
    state: Annotated[
        Literal["next", "active", "passive", "retired"] | None,
        typer.Option("--state", help="Only keys in this state."),
    ] = None,
) -> None:
    """List the keys and their states, never the keys themselves.

    The states are next, active, passive and retired.
    """
    keys = context.services.keys.read()
    context.emit_all([key for key in keys if state in (None, key.state)], COLUMNS)
