"""``userctl token refresh``."""

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import read_token
from userctl.cli.verdicts import conclude
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
        grant = context.services.token_exchange.refresh(read_token())
        pair, revocation = grant.tokens, context.services.revocation
        context.emit_or_undo(pair, lambda: revocation.revoke_text(pair.refresh_token))
        email = grant.user.email
    else:
        session = context.services.sessions.refresh()
        context.emit(session)
        email = session.email
    conclude(context, f"Refreshed the session of {email}")
