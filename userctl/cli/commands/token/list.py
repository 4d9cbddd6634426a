"""``userctl token list``."""

from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.token.filters import (
    ExpiresWithinOption,
    KindOption,
    OwnerOption,
    UnusedSinceOption,
    token_query,
)
from userctl.cli.context import CommandContext
from userctl.cli.help_page import FILTERS, PAGING

COLUMNS = ("id", "email", "label", "state", "last_used_at", "expires_at")


@command(
    example="userctl token list --user ada@example.com --state active",
    prints=lambda: schemas.tokens.TokenRead,
    records_event=False,
)
def list_(
    context: CommandContext,
    user: OwnerOption = None,
    kind: KindOption = None,
    state: Annotated[
        Literal["active", "used", "revoked", "expired"] | None,
        typer.Option("--state", help="Only tokens in this state.", rich_help_panel=FILTERS),
    ] = None,
    expires_within: ExpiresWithinOption = None,
    unused_since: UnusedSinceOption = None,
    limit: options.LimitOption = 100,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            metavar="ID",
            help="Start after the token with this id.",
            rich_help_panel=PAGING,
        ),
    ] = None,
    all_: options.AllOption = False,
) -> None:
    """List API tokens and refresh tokens, never their text.

    --expires-within and --unused-since select active API tokens, unless --kind refresh is given.
    """
    query = token_query(user, kind, expires_within, unused_since).model_copy(
        update={"state": state, "limit": limit, "after": after}
    )
    if all_:
        context.emit_all(
            context.services.token_list.stream(query, context.report_unreadable), COLUMNS
        )
    else:
        context.emit_page(
            context.services.token_list.page(query, context.report_unreadable), COLUMNS
        )
