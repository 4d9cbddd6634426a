"""``userctl audit list``."""

from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.audit.follow import follow_events
from userctl.cli.context import CommandContext
from userctl.cli.moments import parse_moment

COLUMNS = ("id", "time", "tag", "actor", "target", "detail")


@command(
    example="userctl audit list --user ada@example.com --changed role",
    prints=lambda: schemas.audit.AuditEventRead,
    records_event=False,
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
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="ACTOR", help="Only what this person or program did."),
    ] = None,
    changed: Annotated[
        Literal["role", "status", "email", "name", "password"] | None,
        typer.Option("--changed", help="Only events that set or changed this field of a user."),
    ] = None,
    since: options.SinceOption = None,
    until: options.UntilOption = None,
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
        user=user,
        tag=tag,
        by=by,
        changed=changed,
        since=None if since is None else parse_moment(since),
        until=None if until is None else parse_moment(until),
        after=after,
        limit=None if all_ else limit,
    )
    if follow:
        follow_events(context, query)
    elif all_:
        context.emit_all(context.services.audit.stream(query, context.report_unreadable), COLUMNS)
    else:
        context.emit_page(context.services.audit.page(query, context.report_unreadable), COLUMNS)
