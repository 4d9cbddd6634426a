"""``userctl token purge``: tokens that can no longer be used for anything."""

from functools import partial
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.commands.token.use import commands
from userctl.cli.context import CommandContext
from userctl.cli.errors import PENDING
from userctl.cli.output.render import no_progress, progress, write_error
from userctl.cli.signals import deferred_signals
from userctl.core.errors import ClockSuspect

_UNFINISHED = {
    "max_rows": "--max-rows is reached",
    "max_seconds": "--max-seconds are over",
    "locked": "others keep them locked",
}

Outcome = tuple["schemas.PurgeResult", int | None]
"""What was done, and the exit code of the signal that ended it, if one did."""


@commands.command(
    "purge", prints="PurgeResult", example="userctl token purge --older-than 7d --quiet"
)
def purge(
    run: CommandContext,
    older_than: options.OlderThanOption = "1d",
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, max=100_000, help="At most so many at once.")
    ] = 100_000,
    max_rows: Annotated[
        int | None, typer.Option("--max-rows", min=1, help="Stop after so many tokens.")
    ] = None,
    max_seconds: Annotated[
        int | None, typer.Option("--max-seconds", min=1, help="Stop after so much time.")
    ] = None,
    pause: Annotated[
        str | None,
        typer.Option("--pause", metavar="SPAN", help="Rest after each transaction: 50ms, 1s."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, delete nothing.")] = False,
    yes: options.YesOption = False,
) -> None:
    """Delete refresh tokens that expired and API tokens that expired or were revoked.

    They go in short transactions, so that others can go on. Exit code 8 says that some remain,
    because of a limit or because others kept them locked. A signal ends the purge after the
    transaction that is under way. Where another purge is running, this one does nothing.
    """
    order = schemas.PurgeOptions(
        older_than=options.duration(older_than),
        batch_size=batch_size,
        max_rows=max_rows,
        max_seconds=max_seconds,
        pause=None if pause is None else options.duration(pause),
        dry_run=dry_run,
        trust_clock=yes,
    )
    result, signalled = _purged(run, order)
    if result.stopped_by == "other_purge":
        run.note("Another purge is running; this one did nothing.")
    run.emit(result)
    if signalled:
        raise typer.Exit(signalled)
    if result.stopped_by in _UNFINISHED:
        # Also where no notes are wanted: what cron mails has to say why.
        write_error(f"{result.remaining} tokens remain: {_UNFINISHED[result.stopped_by]}.")
        raise typer.Exit(PENDING)


def _purged(run: CommandContext, order: "schemas.PurgeOptions") -> Outcome:
    try:
        return _purged_as_ordered(run, order)
    except ClockSuspect as suspicion:
        if not run.interactive:
            raise
        run.confirm(f"{suspicion.message} Is the clock right, and shall they go?", yes=False)
        trusting = order.model_copy(update={"trust_clock": True})
        return _purged_as_ordered(run, trusting)


def _purged_as_ordered(run: CommandContext, order: "schemas.PurgeOptions") -> Outcome:
    service = run.services.purge
    with deferred_signals() as stop, progress(quiet=run.quiet) as show:
        on_batch = None if show is no_progress else partial(show, "Purging")
        result = service.purge(order, on_batch=on_batch, stop=stop)
    return result, stop.exit_code
