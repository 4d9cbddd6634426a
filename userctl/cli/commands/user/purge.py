"""``userctl user purge``."""

from datetime import timedelta
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm_removal, describe_users
from userctl.cli.verdicts import conclude, conclude_dry_run
from userctl.core.text import pluralize

SETTING = "deleted_user_retention_days"


@command(
    example="userctl user purge --older-than 30d --quiet",
    prints=lambda: schemas.users.DeletedUserPurge,
)
def purge(
    context: CommandContext,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="DURATION",
            help=f"Deleted at least this long ago: 12h, 30d, 52w. Default: the setting {SETTING}.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count them; delete nothing.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            "-y",
            help="Do not ask for confirmation, and trust the system clock, even if it looks wrong.",
        ),
    ] = False,
) -> None:
    """Permanently remove users deleted at least 30 days ago.

    This asks on a terminal. Elsewhere --yes is needed only to remove users who were deleted more
    recently than the setting deleted_user_retention_days says.
    """
    recycle_bin = context.services.recycle_bin
    retention = timedelta(days=context.settings.deleted_user_retention_days)
    span = retention if older_than is None else schemas.timestamp.parse_duration(older_than)
    if not dry_run:
        confirm_removal(
            context,
            lambda: _compose(recycle_bin.preview_purge(span)),
            count_recent=lambda: recycle_bin.count_recent(span, retention),
            span=span,
            retention=retention,
            setting=SETTING,
            yes=yes,
        )
    result = recycle_bin.purge(span, dry_run=dry_run, trust_clock=yes)
    context.emit(result)
    _conclude(context, result)


def _conclude(context: CommandContext, result: "schemas.users.DeletedUserPurge") -> None:
    users = pluralize(result.purged, "deleted user")
    if result.dry_run:
        conclude_dry_run(context, f"this would permanently remove {users}")
    elif result.purged:
        conclude(context, f"Permanently removed {users}")
    else:
        conclude(context, "Nothing changed: no user was deleted that long ago")


def _compose(preview: "schemas.users.DeletedUserPreview") -> str | None:
    if not preview.count:
        return None
    return f"Permanently remove {describe_users(preview.latest, total=preview.count)}"
