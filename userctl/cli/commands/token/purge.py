"""``userctl token purge``."""

from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.errors import PENDING
from userctl.cli.output.render import no_progress, show_progress, write_error
from userctl.cli.questions import confirm, confirm_removal
from userctl.cli.signals import defer_signals
from userctl.cli.verdicts import conclude, conclude_dry_run
from userctl.core.errors import ClockSuspect
from userctl.core.text import pluralize

LIMITS = "Limits"

_UNFINISHED = {
    "max_rows": "--max-rows was reached",
    "max_seconds": "--max-seconds was reached",
    "locked": "other transactions keep them locked",
}

Outcome = tuple["schemas.database.PurgeResult", int | None]
"""The result, and the exit code of the signal that ended the purge, if one did."""


@command(
    example="userctl token purge --older-than 7d --quiet",
    prints=lambda: schemas.database.PurgeResult,
)
def purge(
    context: CommandContext,
    older_than: options.OlderThanOption = None,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size",
            metavar="N",
            min=1,
            max=100_000,
            help="Tokens per transaction.",
            rich_help_panel=LIMITS,
        ),
    ] = 100_000,
    max_rows: Annotated[
        int | None,
        typer.Option(
            "--max-rows",
            metavar="N",
            min=1,
            help="Stop after this many tokens.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    max_seconds: Annotated[
        int | None,
        typer.Option(
            "--max-seconds",
            metavar="N",
            min=1,
            help="Stop after this many seconds.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    pause: Annotated[
        str | None,
        typer.Option(
            "--pause",
            metavar="DURATION",
            help="Pause after each transaction: 50ms, 1s.",
            rich_help_panel=LIMITS,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count them; delete nothing.")
    ] = False,
    yes: options.YesOption = False,
) -> None:
    """Delete expired refresh tokens, and expired or revoked API tokens.

    They are deleted in short transactions, which hold up no other program for long. Exit code 8
    means that some remain, because of a limit or because they are locked. A signal ends the purge
    after the current transaction. While another purge is running, this one does nothing.

    This asks on a terminal. Elsewhere --yes is needed only to delete tokens that ended more
    recently than the setting token_retention_days says. It also trusts the system clock.
    """
    retention = timedelta(days=context.settings.token_retention_days)
    span = retention if older_than is None else schemas.timestamp.parse_duration(older_than)
    purge_options = schemas.database.PurgeOptions(
        older_than=span,
        batch_size=batch_size,
        max_rows=max_rows,
        max_seconds=max_seconds,
        pause=None if pause is None else schemas.timestamp.parse_duration(pause),
        dry_run=dry_run,
        trust_clock=yes,
    )
    if not dry_run:
        _confirm(context, span, retention, yes=yes)
    _report(context, *_purge(context, purge_options))


def _report(
    context: CommandContext, result: "schemas.database.PurgeResult", signal_code: int | None
) -> None:
    if result.stopped_by == "other_purge":
        context.note("Another purge is running; this one did nothing.")
    context.emit(result)
    if result.stopped_by != "other_purge":
        _conclude(context, result)
    if signal_code:
        raise typer.Exit(signal_code)
    _require_finished(result)


def _conclude(context: CommandContext, result: "schemas.database.PurgeResult") -> None:
    """Say in one line what was deleted."""
    if result.dry_run:
        tokens = pluralize(result.remaining, "token")
        conclude_dry_run(context, f"this would permanently delete {tokens}")
    elif result.deleted:
        api_tokens = result.deleted_api_tokens and pluralize(result.deleted_api_tokens, "API token")
        done = f"Permanently deleted {pluralize(result.deleted, 'token')}"
        conclude(context, done, f"of which {api_tokens}" if api_tokens else None)
    else:
        conclude(context, "Nothing changed: no token ended that long ago")


def _confirm(context: CommandContext, span: timedelta, retention: timedelta, *, yes: bool) -> None:
    def count_ended(older_than: timedelta) -> int:
        return context.services.statistics.count_ended_tokens(older_than)

    def compose() -> str | None:
        count = count_ended(span)
        return f"Permanently delete {pluralize(count, 'ended token')}" if count else None

    confirm_removal(
        context,
        compose,
        count_recent=lambda: max(0, count_ended(span) - count_ended(retention)),
        span=span,
        retention=retention,
        setting="token_retention_days",
        yes=yes,
    )


def _require_finished(result: "schemas.database.PurgeResult") -> None:
    if result.stopped_by in _UNFINISHED:
        # Even with --quiet: the mail from cron has to say why.
        remaining = (
            "1 token remains" if result.remaining == 1 else f"{result.remaining} tokens remain"
        )
        write_error(f"{remaining}: {_UNFINISHED[result.stopped_by]}.")
        raise typer.Exit(PENDING)


def _purge(context: CommandContext, purge_options: "schemas.database.PurgeOptions") -> Outcome:
    try:
        return _run(context, purge_options)
    except ClockSuspect as suspicion:
        if not context.is_interactive:
            raise
        question = f"{suspicion.message} Is the clock right? Purge"
        confirm(context, lambda: question, yes=False)
        return _run(context, purge_options.model_copy(update={"trust_clock": True}))


def _run(context: CommandContext, purge_options: "schemas.database.PurgeOptions") -> Outcome:
    service = context.services.purge
    with defer_signals() as stop, show_progress(quiet=context.quiet) as show:
        on_batch = None if show is no_progress else partial(show, "Purging")
        result = service.purge(purge_options, on_batch=on_batch, stop=stop)
    return result, stop.exit_code
