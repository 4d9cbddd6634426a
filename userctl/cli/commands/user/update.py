"""``userctl user update``."""

import shlex
from datetime import datetime
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.commands.user.batch import change_users
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import UsersFromRole
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude, conclude_user, user_argument
from userctl.core.errors import InvalidInput
from userctl.core.text import rfc3339


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
    if selection.single_user is None:
        if role is None or (email, name, created_at) != (None, None, None):
            raise InvalidInput("Of several users at once, only --role can be changed.")
        verb = Verb("Change the role of", "Changed the role of", undo="user update")
        change_users(context, selection, service.role_change(role), verb)
        return
    created = None if created_at is None else schemas.timestamp.parse_timestamp(created_at)
    change = schemas.users.UserUpdate(email=email, name=name, role=role, created_at=created)
    context.choose_schema(schemas.users.UserRead)
    updated = service.update(selection.single_user, change)
    context.emit(updated)
    _conclude(context, updated)


def _conclude(context: CommandContext, user: "schemas.users.UserRead") -> None:
    """Say in one line what was changed, and how to undo it."""
    former = {name: _format(value) for name, value in user.effects.old_values.items()}
    if not former:
        conclude(context, f"Nothing changed: {user.email} was like this before")
        return
    facts = [f"{name}: {old or '(none)'} → {_format(getattr(user, name)) or '(none)'}"
             for name, old in former.items()]  # fmt: skip
    options = [f"--{name.replace('_', '-')} {shlex.quote(old)}" for name, old in former.items()]
    undo = " ".join(["user update", user_argument(user), *options])
    if former.keys() & {"role", "email"}:
        conclude_user(context, f"Changed {user.email}", user, *facts, undo=undo)
    else:
        conclude(context, f"Changed {user.email}", *facts, undo=undo)


def _format(value: object) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value or "")
