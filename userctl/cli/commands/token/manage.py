"""``userctl token``: those who look after the tokens of others."""

from datetime import timedelta
from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.commands.token.use import commands
from userctl.cli.context import CommandContext
from userctl.cli.prompts import read_token
from userctl.core.errors import GuardRefused, InvalidInput

COLUMNS = ("id", "email", "label", "state", "last_used_at", "expires_at")
GUARD = 10
"""How many tokens a filter may revoke without a yes."""

OwnerOption = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="Only of this account.")
]
KindOption = Annotated[
    Literal["api", "refresh"] | None, typer.Option("--kind", help="Only of this kind.")
]
ExpiresWithinOption = Annotated[
    str | None,
    typer.Option("--expires-within", metavar="SPAN", help="API tokens that end by then: 14d."),
]
UnusedSinceOption = Annotated[
    str | None,
    typer.Option("--unused-since", metavar="SPAN", help="API tokens not used for so long: 90d."),
]


@commands.command(
    "issue",
    prints="ApiTokenIssued",
    example="userctl token issue --user ada@example.com --label ci --scope deploy -o json",
)
def issue(
    run: CommandContext,
    user: Annotated[str, typer.Option("--user", metavar="USER", help="Whose token it is.")],
    label: Annotated[str, typer.Option("--label", help="What it is for.")],
    expires: Annotated[
        str, typer.Option("--expires", metavar="SPAN", help="Until when: 90d, 12h, never.")
    ] = "90d",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it is good for; may be repeated.")
    ] = None,
) -> None:
    """Issue an API token for a machine, and print it, once."""
    run.require_printed("token")
    new = schemas.ApiTokenCreate(
        user=user,
        label=label,
        scope=tuple(scope or ()),
        expires_in=None if expires == "never" else options.duration(expires),
    )
    issued = run.services.api_tokens.issue(new)
    run.emit_or_undo(issued, lambda: run.services.revocation.revoke_text(issued.token))


@commands.command(
    "list",
    prints="TokenRead",
    example="userctl token list --user ada@example.com --state active",
)
def list_(
    run: CommandContext,
    user: OwnerOption = None,
    kind: KindOption = None,
    state: Annotated[
        Literal["active", "used", "revoked", "expired"] | None,
        typer.Option("--state", help="Only in this state."),
    ] = None,
    expires_within: ExpiresWithinOption = None,
    unused_since: UnusedSinceOption = None,
    limit: options.LimitOption = 100,
    after: Annotated[
        str | None, typer.Option("--after", metavar="ID", help="Go on after the token of this id.")
    ] = None,
    all_: options.AllOption = False,
) -> None:
    """List API tokens and refresh tokens, never their text.

    --expires-within and --unused-since are about active API tokens, unless --kind refresh is given.
    """
    query = _query(user, kind, expires_within, unused_since).model_copy(
        update={"state": state, "limit": limit, "after": after}
    )
    if all_:
        run.emit_all(run.services.token_list.stream(query), COLUMNS)
    else:
        run.emit_page(run.services.token_list.page(query), COLUMNS)


@commands.command(
    "revoke",
    prints="RevokeResult",
    example="userctl token revoke --user ada@example.com --yes",
)
def revoke(
    run: CommandContext,
    token_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[TOKEN_ID]...", help="Ids from 'token list'.")
    ] = None,
    stdin: options.TokenStdinOption = False,
    user: OwnerOption = None,
    all_: Annotated[bool, typer.Option("--all", help="All tokens of all accounts.")] = False,
    expires_within: ExpiresWithinOption = None,
    unused_since: UnusedSinceOption = None,
    kind: KindOption = None,
    yes: options.YesOption = False,
) -> None:
    """End sessions and revoke API tokens, so that no token of theirs works any more.

    Tokens are named by their ids, by standard input, or by --user, --expires-within and
    --unused-since together, or --all. The latter two are about API tokens, unless --kind refresh
    is given.
    """
    query = _query(user, kind, expires_within, unused_since)
    filtered = (user, expires_within, unused_since) != (None, None, None)
    if bool(token_ids) + stdin + all_ + filtered != 1 or (kind and not (all_ or filtered)):
        raise InvalidInput("Give either token ids, --stdin, --all or a filter such as --user.")
    revocation = run.services.revocation
    if token_ids:
        run.emit(revocation.revoke(token_ids))
    elif stdin:
        run.emit(revocation.revoke_text(read_token()))
    else:
        run.emit(_revoke_matching(run, query, yes=yes))


def _revoke_matching(
    run: CommandContext, query: "schemas.TokenQuery", *, yes: bool
) -> "schemas.RevokeResult":
    revocation = run.services.revocation
    narrow = query.expires_within is not None or query.unused_since is not None
    if not narrow:
        run.confirm(f"Revoke all tokens of {query.user or 'all accounts'}?", yes=yes)
    try:
        return revocation.revoke_matching(query, at_most=GUARD if narrow and not yes else None)
    except GuardRefused as refusal:
        if not run.interactive:
            raise
        run.confirm(f"Revoke {refusal.count} tokens?", yes=False)
        return revocation.revoke_matching(query)


def _query(
    user: str | None,
    kind: Literal["api", "refresh"] | None,
    expires_within: str | None,
    unused_since: str | None,
) -> "schemas.TokenQuery":
    within, since = _span(expires_within), _span(unused_since)
    # Every session ends within days, so these two would mean all of them.
    if kind is None and (within is not None or since is not None):
        kind = "api"
    return schemas.TokenQuery(user=user, kind=kind, expires_within=within, unused_since=since)


def _span(text: str | None) -> timedelta | None:
    return None if text is None else options.duration(text)
