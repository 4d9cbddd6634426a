"""``userctl session end``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import describe_validity
from userctl.cli.questions import confirm, describe_user
from userctl.cli.verdicts import conclude, sole_owner
from userctl.core.errors import InvalidInput
from userctl.core.text import pluralize


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

    A service that verifies access tokens by itself accepts those already issued until they expire.
    To end what else a user can use, see 'token revoke --user' and 'user disable'.
    """
    if bool(sessions) == (user is not None):
        raise InvalidInput("Pass session ids, or --user for all sessions of a user.")
    if sessions:
        # Scripts name what they end, and need no --yes for that.
        if context.is_interactive:
            confirm(context, lambda: _compose(context, sessions), yes=yes)
        show = context.services.session_list.show
        owner = sole_owner(lambda: [show(session).email for session in sessions])
        ended = context.services.session_end.end(sessions)
    else:
        assert user is not None
        target = _find_user(context, user)
        confirm(context, lambda: _compose_all(context, target), yes=yes)
        owner = target.email
        ended = context.services.session_end.end_all(str(target.id))
    context.emit(ended)
    _conclude(context, ended, owner)


def _conclude(
    context: CommandContext, ended: "schemas.session.EndedSessions", user: str | None
) -> None:
    """Say in one line what was ended, and until when access tokens stay valid."""
    validity = describe_validity(ended.access_tokens_valid_until)
    of_user = f" of {user}" if user else ""
    if ended.sessions_ended:
        conclude(context, f"Ended {pluralize(ended.sessions_ended, 'session')}{of_user}", validity)
    else:
        conclude(context, f"Nothing changed: no active session{of_user}", validity)


def _compose(context: CommandContext, sessions: list[str]) -> str:
    found = [context.services.session_list.show(session) for session in sessions]
    names = ", ".join(f"{session.short_id} of {session.email}" for session in found)
    return f"End {'session' if len(found) == 1 else 'sessions'} {names}"


def _find_user(context: CommandContext, user: str) -> "schemas.users.UserTarget":
    query = schemas.tokens.TokenQuery(user=user, kind="refresh")
    target = context.services.revocation.preview_matching(query)[1]
    assert target is not None
    return target


def _compose_all(context: CommandContext, target: "schemas.users.UserTarget") -> str:
    query = schemas.tokens.TokenQuery(user=str(target.id), kind="refresh")
    count = context.services.revocation.preview_matching(query)[0]
    return f"End {pluralize(count.revoked_sessions, 'session')} of {describe_user(target)}"
