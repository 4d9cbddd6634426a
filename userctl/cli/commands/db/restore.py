"""``userctl db restore``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext


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
            "--keep-sessions", help="Leave sessions as they were, also those revoked since."
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
    question = f"Replace ALL data in {context.settings.database_url} with {file}?"
    context.confirm(question, yes=yes)
    context.emit(
        context.services.backups.restore(
            file, keep_sessions=keep_sessions, revoke_api_tokens=revoke_api_tokens
        )
    )
