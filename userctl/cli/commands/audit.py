"""``userctl audit``: who did what."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS
from userctl.cli.output.output_file import write_new
from userctl.cli.output.render import flush, on_terminal, write
from userctl.core.errors import InvalidInput
from userctl.core.text import escape_invisible, rfc3339
from userctl.formats.reader import STREAM, format_of
from userctl.formats.writer import record_lines

commands = Commands("audit", "Read the audit trail, and find out whether it is whole.")

COLUMNS = ("id", "time", "tag", "actor", "target")
FOLLOW_SECONDS = 1.0
PAGE = 1000

TagOption = Annotated[
    str | None,
    typer.Option("--tag", help="What happened, or its beginning: account:login, token:reuse."),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Not before this: 2026-01-31, 2026-01-31T12:00:00Z, or 2h."
    ),
]
AboutOption = Annotated[
    str | None, typer.Option("--user", help="About this account, which may be gone.")
]


@commands.command(
    "list", prints="AuditEventRead", example="userctl audit list --tag account:login --since 7d"
)
def list_(
    run: CommandContext,
    user: AboutOption = None,
    tag: TagOption = None,
    since: SinceOption = None,
    limit: options.LimitOption = 100,
    after: options.AfterOption = None,
    all_: options.AllOption = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what happens from now on.")
    ] = False,
) -> None:
    """List the last events, the oldest of them first, or those after one.

    With --follow each event is a line of text or, with -o jsonl, of JSON, until Ctrl-C.
    """
    query = schemas.AuditQuery(
        user=user, tag=tag, since=_since(since), after=after, limit=None if all_ else limit
    )
    if follow:
        _follow(run, query)
    elif all_:
        run.emit_all(run.services.audit.stream(query), COLUMNS)
    else:
        run.emit_page(run.services.audit.page(query), COLUMNS)


@commands.command("export", example="userctl audit export trail.jsonl --force")
def export(
    run: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="[FILE|-]", help="Default: stdout.")] = STREAM,
    file_format: options.FormatOption = None,
    force: options.ForceOption = False,
) -> None:
    """Write all events to a file, with what their hashes are made of."""
    chosen = format_of(file, file_format)
    audit = run.services.audit
    lines = record_lines(
        audit.chunks(), audit.fields, chosen, escaped=file == STREAM and on_terminal()
    )
    write_new(file, lines, force=force, private=True)


@commands.command("head", prints="AuditHead", example="userctl audit head --fields anchor -o csv")
def head(run: CommandContext) -> None:
    """Print the last event as an anchor, to be kept where the database cannot be written."""
    run.emit(run.services.audit.head())


@commands.command(
    "verify",
    prints="AuditVerification",
    example="userctl audit verify -o json",
)
def verify(
    run: CommandContext,
    anchor: Annotated[
        str | None, typer.Option("--anchor", metavar="ID:HASH", help="What 'audit head' printed.")
    ] = None,
) -> None:
    """Make sure that no event was changed, taken away or put in; exit code 6 if one was.

    Only with an anchor from an earlier day can it be seen that the end was cut off, or that
    somebody wrote the whole trail anew.
    """
    run.emit(run.services.audit.verify(anchor))


def _since(text: str | None) -> datetime | timedelta | None:
    """Return a time, that at which a day begins, or the span that has passed since."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except ValueError:
        return options.duration(text)
    except OverflowError:
        raise InvalidInput(f"The time {text[:40]} is out of range.") from None


def _follow(run: CommandContext, query: "schemas.AuditQuery") -> None:
    if run.settings.output == "csv" or run.fields is not None:
        raise InvalidInput("What is followed is printed as text or, with -o jsonl, as JSON.")
    audit = run.services.audit
    after = query.after or 0
    if query.after is None and query.limit is not None:
        # Nothing of what happens between the two can be lost: where the page is empty, it is behind
        # the head, else behind the page.
        after = audit.head().id
        for event in audit.page(query).items:
            _show(run, event)
            after = event.id
        flush()
    while True:
        page = audit.page(query.model_copy(update={"limit": PAGE, "after": after}))
        for event in page.items:
            _show(run, event)
            after = event.id
        flush()
        if not page.more:
            time.sleep(FOLLOW_SECONDS)


def _show(run: CommandContext, event: "schemas.AuditEventRead") -> None:
    if run.quiet or run.settings.output in JSON_FORMATS:
        run.emit(event)
        return
    words = (rfc3339(event.time), event.tag, event.actor, event.target or "")
    write(escape_invisible("  ".join(words)).rstrip() + "\n")
