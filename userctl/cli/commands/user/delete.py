"""``userctl user``: deleting accounts, and getting them back."""

from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.commands.user.manage import COLUMNS, commands
from userctl.cli.context import CommandContext


@commands.command(
    "delete", prints="UserRead", example="userctl user delete grace@example.com --yes"
)
def delete(
    run: CommandContext,
    users: Annotated[list[str], typer.Argument(metavar="USER...", help="Ids or e-mail addresses.")],
    yes: options.YesOption = False,
    if_exists: Annotated[
        bool, typer.Option("--if-exists", help="Accept that an account is gone already.")
    ] = False,
    hard: Annotated[
        bool,
        typer.Option("--hard", help="Delete for ever, also what was deleted without this before."),
    ] = False,
) -> None:
    """Delete accounts and end their sessions and tokens: all of those named, or none.

    Their addresses are free again. Until 'user purge', 'user restore' brings an account back.
    """
    run.confirm(f"Delete {', '.join(users)}{' for ever' if hard else ''}?", yes=yes)
    deleted = run.services.recycle_bin.delete(users, missing_ok=if_exists, hard=hard)
    run.emit_all(deleted, COLUMNS)


@commands.command("restore", prints="UserRead", example="userctl user restore grace@example.com")
def restore(
    run: CommandContext,
    user: options.UserArgument,
    email: Annotated[
        str | None,
        typer.Option("--email", help="Another address, where its own is taken meanwhile."),
    ] = None,
) -> None:
    """Bring a deleted account back, with its id and its password, but without its tokens."""
    run.emit(run.services.recycle_bin.restore(user, email=email))


@commands.command(
    "purge", prints="DeletedUserPurge", example="userctl user purge --older-than 30d --quiet"
)
def purge(
    run: CommandContext,
    older_than: Annotated[
        str,
        typer.Option("--older-than", metavar="SPAN", help="Deleted for at least: 12h, 30d, 52w."),
    ] = "30d",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count them, and delete nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="The clock is right.")] = False,
) -> None:
    """Delete for ever the accounts that were deleted at least 30 days ago."""
    span = options.duration(older_than)
    run.emit(run.services.recycle_bin.purge(span, dry_run=dry_run, trust_clock=yes))
