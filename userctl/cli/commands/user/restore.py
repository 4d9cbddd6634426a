"""``userctl user restore``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude, user_argument


@command(
    example="userctl user restore grace@example.com",
    prints=lambda: schemas.users.UserRead,
)
def restore(
    context: CommandContext,
    user: options.UserArgument,
    email: Annotated[
        str | None,
        typer.Option(
            "--email", metavar="EMAIL", help="New address, if the old one is taken by now."
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ROLE", help="New role, if the old one is not configured any longer."
        ),
    ] = None,
) -> None:
    """Restore a deleted user with id and password, but without tokens."""
    restored = context.services.recycle_bin.restore(user, email=email, role=role)
    context.emit(restored)
    facts = [f"id {restored.id}", restored.role]
    if restored.status == "disabled":
        facts.append("disabled")
    undo = f"user delete {user_argument(restored)}"
    conclude(context, f"Restored {restored.email}", ", ".join(facts), undo=undo)
