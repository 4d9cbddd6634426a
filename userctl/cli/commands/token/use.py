"""``userctl token``: those who hold a token."""

from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.cli.prompts import read_token
from userctl.core.errors import InvalidInput
from userctl.core.token_prefixes import API_PREFIX

commands = Commands("token", "Refresh, check, issue, list, revoke and purge tokens.")


@commands.command("refresh", prints=("SessionRead", "TokenPair"), example="userctl token refresh")
def refresh(run: CommandContext, stdin: options.TokenStdinOption = False) -> None:
    """Exchange a refresh token, once: that of the stored session, or one from stdin."""
    run.prints("TokenPair" if stdin else "SessionRead")
    if stdin and run.quiet:
        raise InvalidInput("The tokens would be neither kept nor printed.")
    if stdin:
        pair = run.services.token_exchange.refresh(read_token()).tokens
        run.emit_or_undo(pair, lambda: run.services.revocation.revoke_text(pair.refresh_token))
    else:
        run.emit(run.services.sessions.refresh())


@commands.command(
    "print", example='curl -H "Authorization: Bearer $(userctl token print)" localhost'
)
def print_(run: CommandContext) -> None:
    """Print the access token of the stored session, refreshed if that is due."""
    write(run.services.sessions.access_token() + "\n")


@commands.command(
    "verify",
    prints=("AccessClaims", "ApiTokenClaims"),
    example="userctl token print | userctl token verify --stdin -o json",
)
def verify(
    run: CommandContext,
    stdin: options.TokenStdinOption = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Check signature and times only, not the database.")
    ] = False,
) -> None:
    """Print the claims of a valid access token, the stored one or one from stdin.

    An API token from stdin is verified too, but not offline.
    """
    token = read_token() if stdin else run.services.sessions.stored_access_token()
    is_api_token = token.startswith(API_PREFIX)
    run.prints("ApiTokenClaims" if is_api_token else "AccessClaims")
    if is_api_token and offline:
        raise InvalidInput("An API token says nothing without the database.")
    if is_api_token:
        run.emit(run.services.api_tokens.verify(token))
    elif offline:
        run.emit(run.services.token_verifier.verify_offline(token))
    else:
        run.emit(run.services.token_verifier.verify(token)[0])
