"""``userctl session list``."""

from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext

COLUMNS = ("short_id", "email", "client", "last_refresh_at", "ends_at")


@command(
    example="userctl session list --user ada@example.com",
    prints=lambda: schemas.session.UserSessionRead,
    records_event=False,
)
def list_(
    context: CommandContext,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Only sessions of this user.")
    ] = None,
    state: Annotated[
        Literal["active", "revoked", "expired", "any"],
        typer.Option("--state", help="Only sessions in this state."),
    ] = "active",
    limit: options.LimitOption = 100,
    after: Annotated[
        int | None,
        typer.Option("--after", metavar="TOKEN", help="Start after the session with this token."),
    ] = None,
    all_: options.AllOption = False,
) -> None:
    """List sessions: one for each login, however often it was refreshed.

    They are sorted by their last refresh. 'session show' has all that is known about one, and
    'token list' each refresh token. Ended sessions are kept until 'token purge' deletes them.
    """
    query = schemas.session.SessionQuery(
        user=user, state=None if state == "any" else state, limit=limit, after=after
    )
    sessions = context.services.session_list
    if all_:
        context.emit_all(sessions.stream(query, context.report_unreadable), COLUMNS)
    else:
        context.emit_page(sessions.page(query, context.report_unreadable), COLUMNS)
