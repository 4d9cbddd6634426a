"""``userctl token verify``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.prompts import read_token
from userctl.core.errors import InvalidInput
from userctl.core.token_prefixes import API_PREFIX


@command(
    example="userctl token print | userctl token verify --stdin -o json",
    prints=lambda: (schemas.tokens.AccessClaims, schemas.tokens.ApiTokenClaims),
)
def verify(
    context: CommandContext,
    stdin: options.TokenStdinOption = False,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Check signature and times only, without the database."),
    ] = False,
) -> None:
    """Verify an access token or API token, and print its claims.

    Without --stdin it is the access token of the stored session.
    """
    token = read_token() if stdin else context.services.sessions.stored_access_token()
    is_api_token = token.startswith(API_PREFIX)
    context.choose_schema(
        schemas.tokens.ApiTokenClaims if is_api_token else schemas.tokens.AccessClaims
    )
    if is_api_token and offline:
        raise InvalidInput("API tokens cannot be verified offline.")
    if is_api_token:
        context.emit(context.services.api_tokens.verify(token).claims)
    elif offline:
        context.emit(context.services.token_verifier.verify_offline(token))
    else:
        context.emit(context.services.token_verifier.verify(token).claims)
