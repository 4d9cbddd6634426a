"""The options that select tokens, shared by ``token list`` and ``token revoke``."""

from datetime import timedelta
from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli.help_page import FILTERS

Kind = Literal["api", "refresh"]
OwnerOption = Annotated[
    str | None,
    typer.Option(
        "--user", metavar="USER", help="Only tokens of this user.", rich_help_panel=FILTERS
    ),
]
KindOption = Annotated[
    Kind | None, typer.Option("--kind", help="Only tokens of this kind.", rich_help_panel=FILTERS)
]
ExpiresWithinOption = Annotated[
    str | None,
    typer.Option(
        "--expires-within",
        metavar="DURATION",
        help="API tokens that expire within this time: 14d.",
        rich_help_panel=FILTERS,
    ),
]
UnusedSinceOption = Annotated[
    str | None,
    typer.Option(
        "--unused-since",
        metavar="DURATION",
        help="API tokens not used for this long: 90d.",
        rich_help_panel=FILTERS,
    ),
]


def token_query(
    user: str | None, kind: Kind | None, expires_within: str | None, unused_since: str | None
) -> "schemas.tokens.TokenQuery":
    """Return the query for the tokens that the options select.

    Raises:
        InvalidInput: for an unusable duration.
    """
    within, since = _parse(expires_within), _parse(unused_since)
    # Every session ends within days, so that these two would match all of them.
    if kind is None and (within is not None or since is not None):
        kind = "api"
    return schemas.tokens.TokenQuery(
        user=user, kind=kind, expires_within=within, unused_since=since
    )


def _parse(text: str | None) -> timedelta | None:
    return None if text is None else schemas.timestamp.parse_duration(text)
