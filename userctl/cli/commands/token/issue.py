"""``userctl token issue``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.verdicts import conclude
from userctl.core.text import rfc3339


@command(
    example="userctl token issue --user ada@example.com --label ci --scope deploy -o json",
    prints=lambda: schemas.tokens.ApiTokenIssued,
    raw="token",
)
def issue(
    context: CommandContext,
    user: Annotated[str, typer.Option("--user", metavar="USER", help="Owner of the token.")],
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What it is for.")],
    expires: Annotated[
        str,
        typer.Option("--expires", metavar="DURATION", help="Lifetime: 90d, 12h, or never."),
    ] = "90d",
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="SCOPE", help="What it permits; may be repeated."),
    ] = None,
) -> None:
    """Issue an API token for a machine and print it once."""
    context.require_field("token")
    new = schemas.tokens.ApiTokenCreate(
        user=user,
        label=label,
        scope=tuple(scope or ()),
        expires_in=None if expires == "never" else schemas.timestamp.parse_duration(expires),
    )
    issued = context.services.api_tokens.issue(new)
    context.emit_or_undo(issued, lambda: context.services.revocation.revoke_text(issued.token))
    until = "never expires" if issued.expires_at is None else f"until {rfc3339(issued.expires_at)}"
    done = f"Issued API token {issued.id} ({issued.label}) for {issued.email}"
    conclude(context, done, until, undo=f"token revoke {issued.id}")
