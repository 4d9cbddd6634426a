"""Prints audit events as they happen, for ``userctl audit list --follow``."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS
from userctl.cli.output.detail import readable_detail
from userctl.cli.output.render import flush, write
from userctl.core.errors import InvalidInput
from userctl.core.text import escape_invisible, rfc3339

if TYPE_CHECKING:
    from userctl.schemas.audit import AuditEventRead, AuditQuery

POLL_SECONDS = 1.0
PAGE = 1000


def follow_events(context: CommandContext, query: "AuditQuery") -> NoReturn:
    """Print the events of a query, and then each new one, until a signal ends the program.

    Raises:
        InvalidInput: if an output option cannot be used with --follow.
    """
    if context.settings.output == "csv" or context.fields is not None:
        raise InvalidInput(
            "--follow cannot be used with --fields or -o csv.",
            hint="It prints text or, with -o jsonl, JSON.",
        )
    audit = context.services.audit
    after = query.after or 0
    if query.after is None and query.limit is not None:
        # No event between the two reads is lost: the next page starts after the head if this one
        # is empty, and after this one if it is not.
        after = audit.head().id
        page = audit.page(query, context.report_unreadable)
        after = _print_events(context, page.items, after)
    while True:
        next_query = query.model_copy(update={"limit": PAGE, "after": after})
        page = audit.page(next_query, context.report_unreadable)
        _print_events(context, page.items, after)
        after = page.after or after
        if not page.more:
            time.sleep(POLL_SECONDS)


def _print_events(context: CommandContext, events: Sequence["AuditEventRead"], after: int) -> int:
    """Print events and return the id of the last one, or the one they come after."""
    for event in events:
        if context.quiet or context.settings.output in JSON_FORMATS:
            context.emit(event)
        else:
            detail = readable_detail(event.detail)
            words = (rfc3339(event.time), event.tag, event.actor, event.target or "", detail)
            write(escape_invisible("  ".join(words)).rstrip() + "\n")
        after = event.id
    flush()
    return after
