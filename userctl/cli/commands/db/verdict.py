"""What a migration did to the schema."""

from typing import TYPE_CHECKING

from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude, conclude_dry_run

if TYPE_CHECKING:
    from userctl.schemas.database import SchemaStatus


def tell_move(
    context: CommandContext,
    done: str,
    before: str | None,
    after: "SchemaStatus",
    *,
    undo: str | None,
) -> None:
    """Say in one line from which revision to which the schema was moved, and how to go back.

    Args:
        context: what tells it.
        done: how it was moved.
        before: the revision before.
        after: the state after it.
        undo: the arguments of the command that moves it back, if there is one.
    """
    if before == after.current:
        conclude(context, f"Nothing changed: {after.database} is at revision {before or 'none'}")
        return
    copy = after.backup and f"a copy is in {after.backup}"
    moved = f"{done} {after.database} from {before or 'nothing'} to {after.current or 'nothing'}"
    conclude(context, moved, copy, undo=undo)


def tell_pending(context: CommandContext, status: "SchemaStatus") -> None:
    """Say in one line to which revision a migration would move the schema."""
    found = f"{status.database} is at revision {status.current or 'none'}"
    if status.pending:
        start, end = status.current or "nothing", status.pending[-1]
        found = f"this would upgrade {status.database} from {start} to {end}"
    conclude_dry_run(context, found)
