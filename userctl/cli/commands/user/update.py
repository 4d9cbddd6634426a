"""``userctl user update``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


@command(
    example="userctl user update ada@example.com --name 'Ada L.'",
    prints=lambda: schemas.users.UserRead,
)
def update(
    context: CommandContext,
    user: options.UserArgument,
    email: Annotated[
        str | None,
        typer.Option("--email", metavar="EMAIL", help="New e-mail address; ends all sessions."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="New name; '' removes it.")
    ] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="New role; ends all sessions.")
    ] = None,
    created_at: Annotated[
        str | None,
        typer.Option(
            "--created-at", metavar="TIME", help="When the user was created: 2026-01-31T12:00:00Z."
        ),
    ] = None,
) -> None:
    """Change the e-mail address, name or role of a user."""
    created = None if created_at is None else schemas.timestamp.parse_timestamp(created_at)
    change = schemas.users.UserUpdate(email=email, name=name, role=role, created_at=created)
    context.emit(context.services.users.update(user, change))
