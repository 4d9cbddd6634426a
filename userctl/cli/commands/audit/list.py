"""``userctl audit list``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.audit.follow import follow_events
from userctl.cli.context import CommandContext
from userctl.cli.since import parse_since

COLUMNS = ("id", "time", "tag", "actor", "target")


@command(
    example="userctl audit list --tag account:login --since 7d",
    prints=lambda: schemas.audit.AuditEventRead,
)
def list_(
    context: CommandContext,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="USER", help="Only events about this user."),
    ] = None,
    tag: Annotated[
        str | None,
        typer.Option(
            "--tag", metavar="TAG", help="Only this tag or tag prefix: token:reuse, account:login."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Not before this time: 2026-01-31, 2026-01-31T12:00:00Z, or 2h (ago).",
        ),
    ] = None,
    limit: options.LimitOption = 100,
    after: options.AfterOption = None,
    all_: options.AllOption = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep printing new events until Ctrl-C.")
    ] = False,
) -> None:
    """List the latest events, oldest first, or those after an id.

    With --follow each event is a line of text or, with -o jsonl, of JSON.
    """
    query = schemas.audit.AuditQuery(
        user=user, tag=tag, since=parse_since(since), after=after, limit=None if all_ else limit
    )
    if follow:
        follow_events(context, query)
    elif all_:
        context.emit_all(context.services.audit.stream(query, context.report_unreadable), COLUMNS)
    else:
        context.emit_page(context.services.audit.page(query, context.report_unreadable), COLUMNS)
