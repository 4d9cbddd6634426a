"""The line that ends a migration."""

from typing import TYPE_CHECKING

from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude, conclude_dry_run

if TYPE_CHECKING:
    from userctl.schemas.database import SchemaStatus


def conclude_move(
    context: CommandContext,
    done: str,
    before: str | None,
    after: "SchemaStatus",
    *,
    undo: str | None,
) -> None:
    """Say in one line from which revision to which the schema was moved, and how to go back.

    Args:
        context: prints the line.
        done: how the schema was moved, in the past tense.
        before: the revision before.
        after: the status after it.
        undo: the arguments of the command that moves it back, if there is one.
    """
    if before == after.current:
        conclude(context, f"Nothing changed: {after.database} is at revision {before or 'none'}")
        return
    copy = after.backup and f"a copy is in {after.backup}"
    moved = f"{done} {after.database} from {before or 'nothing'} to {after.current or 'nothing'}"
    conclude(context, moved, copy, undo=undo)


def conclude_check(context: CommandContext, status: "SchemaStatus") -> None:
    """Say in one line to which revision a migration would move the schema."""
    outcome = f"{status.database} is at revision {status.current or 'none'}"
    if status.pending:
        start, end = status.current or "nothing", status.pending[-1]
        outcome = f"this would upgrade {status.database} from {start} to {end}"
    conclude_dry_run(context, outcome)
