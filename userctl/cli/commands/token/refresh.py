"""``userctl token refresh``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import read_token
from userctl.core.errors import InvalidInput


@command(
    example="userctl token refresh",
    prints=lambda: (schemas.session.SessionRead, schemas.tokens.TokenPair),
    raw="access_token",
)
def refresh(context: CommandContext, stdin: options.TokenStdinOption = False) -> None:
    """Exchange a refresh token for new tokens; each works once.

    Without --stdin it is that of the stored session.
    """
    context.choose_schema(schemas.tokens.TokenPair if stdin else schemas.session.SessionRead)
    if stdin and context.quiet:
        raise InvalidInput("--quiet cannot be used with --stdin: the new tokens would be lost.")
    if stdin:
        pair = context.services.token_exchange.refresh(read_token()).tokens
        revocation = context.services.revocation
        context.emit_or_undo(pair, lambda: revocation.revoke_text(pair.refresh_token))
    else:
        context.emit(context.services.sessions.refresh())
