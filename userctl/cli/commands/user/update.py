"""``userctl user update``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.access_tokens import tell_access_tokens
from userctl.cli.commands.user.batch import Verb, change_users
from userctl.cli.commands.user.selection import UsersFromRole
from userctl.cli.context import CommandContext
from userctl.core.errors import InvalidInput


@command(
    example="userctl user update ada@example.com --name 'Ada L.'",
    prints=lambda: (schemas.users.UserRead, schemas.batches.UserOutcome),
)
def update(
    context: CommandContext,
    selection: UsersFromRole,
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
    """Change the e-mail address, name or role of a user, or the role of many.

    Either all of them are changed or none, unless --keep-going is given. More than 10 need --yes.
    """
    service = context.services.users
    if selection.single is None:
        if role is None or (email, name, created_at) != (None, None, None):
            raise InvalidInput("Of several users at once, only --role can be changed.")
        change_users(context, selection, service.changing_role(role), Verb("Change", "changed"))
        return
    created = None if created_at is None else schemas.timestamp.parse_timestamp(created_at)
    change = schemas.users.UserUpdate(email=email, name=name, role=role, created_at=created)
    context.choose_schema(schemas.users.UserRead)
    updated = service.update(selection.single, change)
    if role is not None or email is not None:
        tell_access_tokens(context, [updated.id])
    context.emit(updated)
