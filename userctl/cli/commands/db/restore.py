"""``userctl db restore``."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write_error
from userctl.cli.output.sessions_ended import describe_ended
from userctl.cli.questions import PLACE, confirm
from userctl.cli.verdicts import conclude
from userctl.core.text import pluralize, rfc3339


@command(
    example="userctl db restore users.backup --yes",
    prints=lambda: schemas.database.RestoreRead,
)
def restore(
    context: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup from 'db backup'.")],
    keep_sessions: Annotated[
        bool,
        typer.Option(
            "--keep-sessions", help="Leave sessions as they were, including those revoked since."
        ),
    ] = False,
    revoke_api_tokens: Annotated[
        bool,
        typer.Option("--revoke-api-tokens", help="Revoke the API tokens of the backup too."),
    ] = False,
    yes: options.YesOption = False,
) -> None:
    """Replace the whole database with a backup.

    An existing SQLite file is copied first; the result names the copy. On PostgreSQL, tables that
    are not in the backup stay as they are.

    Sessions are ended, because some may have been revoked since the backup, and API tokens with
    --revoke-api-tokens. Passwords and roles are those of the backup.
    """
    backups = context.services.backups
    confirm(context, lambda: _compose(backups.preview_restore(file)), yes=yes)
    restored = backups.restore(
        file, keep_sessions=keep_sessions, revoke_api_tokens=revoke_api_tokens
    )
    context.emit(restored)
    ends = describe_ended(
        None, session=restored.sessions_ended, API_token=restored.api_tokens_revoked
    )
    undo = restored.backup and f"db restore {shlex.quote(restored.backup)}"
    conclude(context, f"Restored {restored.database} from {file}", ends, undo=undo)


def _compose(backup: "schemas.database.BackupInspection") -> str:
    if backup.kind == "postgresql":
        write_error(
            "PostgreSQL: no safety copy of the current data is kept. "
            "Run 'userctl db backup' first if you may need it."
        )
    tokens = (backup.refresh_tokens or 0) + (backup.api_tokens or 0)
    last = "" if backup.last_event_at is None else f", last event {rfc3339(backup.last_event_at)}"
    facts = (
        f"taken {rfc3339(backup.taken_at)}{last}, revision {backup.revision or 'unknown'}, "
        f"{pluralize(backup.users, 'user')}, {pluralize(tokens, 'token')}"
    )
    return f"Replace ALL data in {PLACE} with {backup.file} ({facts})"
