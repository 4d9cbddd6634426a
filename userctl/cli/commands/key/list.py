"""``userctl key list``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext

COLUMNS = ("kid", "algorithm", "state", "created_at", "activated_at", "verifies_until")


@command(
    example="userctl key list",
    prints=lambda: schemas.keys.KeyRead,
    only_reads=True,
)
def list_(context: CommandContext) -> None:
    """List the keys and their states, never the keys themselves.

    The states are next, active, passive and retired.
    """
    context.emit_all(context.services.keys.read(), COLUMNS)
