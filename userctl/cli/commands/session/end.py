"""``userctl session end``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import sessions_ended
from userctl.core.errors import InvalidInput


@command(
    example="userctl session end --user ada@example.com --yes",
    prints=lambda: schemas.session.EndedSessions,
)
def end(
    context: CommandContext,
    sessions: Annotated[
        list[str] | None,
        typer.Argument(metavar="SESSION", help="Ids from 'session list', or their beginnings."),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="All sessions of this user.")
    ] = None,
    yes: options.YesOption = False,
) -> None:
    """End sessions, so that they cannot be refreshed.

    A service that verifies access tokens by itself accepts those that are already out until they
    expire. To end what else a user can use, see 'token revoke --user' and 'user disable'.
    """
    if bool(sessions) == (user is not None):
        raise InvalidInput("Pass session ids, or --user for all sessions of a user.")
    if sessions:
        whose, ended = "", context.services.session_end.end(sessions)
    else:
        assert user is not None
        found = context.services.users.show(user)
        context.confirm(f"End all sessions of {found.email}?", yes=yes)
        whose, ended = f"{found.email}: ", context.services.session_end.end_all(str(found.id))
    outcome = sessions_ended(ended.sessions_ended, ended.access_tokens_valid_until)
    context.note(f"{whose}{outcome}.")
    context.emit(ended)
