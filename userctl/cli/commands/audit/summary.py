"""``userctl audit summary``."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.moments import parse_moment
from userctl.cli.output.bars import bar_chart
from userctl.cli.output.render import is_terminal, write
from userctl.cli.output.screen import detect_screen

if TYPE_CHECKING:
    from userctl.schemas.audit_summary import AuditSummary

PERIOD_COLUMNS = ("start", "logins", "failures", "created", "disabled")
FAILURE_COLUMNS = ("name", "failures")
DEFAULT = "30d"
COLORS = {"failures": "\x1b[31m", "disabled": "\x1b[33m"}


@command(
    example="userctl audit summary --since 30d --by week",
    prints=lambda: schemas.audit_summary.AuditSummary,
    records_event=False,
)
def summary(
    context: CommandContext,
    since: options.SinceOption = DEFAULT,
    by: Annotated[
        Literal["day", "week"], typer.Option("--by", help="What a line stands for.")
    ] = "day",
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Only events about this user.")
    ] = None,
) -> None:
    """Count logins, failures, new and disabled users, and name where logins failed most.

    A day, and a week from Monday on, is one of UTC. Logins that were throttled count as failures.
    """
    query = schemas.audit_summary.SummaryQuery(
        since=parse_moment(since or DEFAULT), by=by, user=user
    )
    report = context.services.audit_summary.summarize(query, context.report_unreadable)
    if context.settings.output == "csv" and context.fields is None:
        context.choose_schema(schemas.audit_summary.AuditPeriod)
        context.emit_all(report.periods, PERIOD_COLUMNS)
    elif context.settings.output != "table" or context.raw or context.quiet or context.fields:
        context.emit(report)
    elif not report.periods:
        context.note("No such event. A longer time: --since 365d.")
    else:
        _print(context, report)


def _print(context: CommandContext, report: "AuditSummary") -> None:
    rows = [
        (period.start, [getattr(period, name) for name in PERIOD_COLUMNS[1:]])
        for period in report.periods
    ]
    header = (report.by, *PERIOD_COLUMNS[1:])
    chart = bar_chart(rows, header, COLORS, detect_screen()) if is_terminal() else None
    if chart is not None:
        write(chart)
    else:
        context.emit_all(report.periods, PERIOD_COLUMNS)
    for title, counts in (
        ("Addresses", report.failing_addresses),
        ("Sources", report.failing_sources),
    ):
        if counts:
            write(f"\n{title} with most failures:\n")
            context.emit_all(counts, FAILURE_COLUMNS)
