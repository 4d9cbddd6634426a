"""``userctl user why``."""

from collections.abc import Sequence
from typing import Any

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write

LOGIN_COLUMNS = ("time", "outcome", "cause", "method", "source", "count")
SESSION_COLUMNS = ("short_id", "client", "source", "last_refresh_at", "ends_at")


@command(
    example="userctl user why grace@example.com",
    prints=lambda: schemas.diagnosis.UserDiagnosis,
    records_event=False,
    raw="verdict",
)
def why(context: CommandContext, user: options.UserArgument) -> None:
    """Say why a user can log in or not, and what to do.

    The address need not exist: similar ones are named then. Exit code 0 means that there is an
    answer, whatever the verdict is: scripts read it with --raw, or with -o json.
    """
    diagnosis = context.services.access.explain(user, context.report_unreadable)
    if context.settings.output != "table" or context.raw or context.quiet or context.fields:
        context.emit(diagnosis)
        return
    context.emit(diagnosis.model_copy(update={"logins": [], "sessions": []}))
    _print_table(context, "Latest logins", diagnosis.logins, LOGIN_COLUMNS)
    _print_table(context, "Active sessions", diagnosis.sessions, SESSION_COLUMNS)


def _print_table(
    context: CommandContext, title: str, records: Sequence[Any], columns: Sequence[str]
) -> None:
    if records:
        write(f"\n{title}:\n")
        context.emit_all(records, columns)
