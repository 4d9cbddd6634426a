"""``userctl token revoke``."""

from dataclasses import replace
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.commands.token.filters import (
    ExpiresWithinOption,
    KindOption,
    UnusedSinceOption,
    token_query,
)
from userctl.cli.commands.user.batch import change_users
from userctl.cli.commands.user.outcomes import Verb
from userctl.cli.commands.user.selection import UsersOfTokens
from userctl.cli.context import CommandContext
from userctl.cli.output.sessions_ended import describe_validity
from userctl.cli.prompts import read_token
from userctl.cli.questions import confirm, describe_user
from userctl.cli.verdicts import conclude, sole_owner
from userctl.core.errors import GuardRefused, InvalidInput
from userctl.core.text import pluralize

COLUMNS = (
    "reference",
    "id",
    "email",
    "revoked_sessions",
    "revoked_api_tokens",
    "outcome",
    "message",
)

REVOKE = Verb("Revoke the tokens of", "Revoked the tokens of", asks=True)

GUARD = 10
"""How many tokens a filter may revoke without a confirmation."""


@command(
    example="userctl token revoke --user ada@example.com --yes",
    prints=lambda: (schemas.database.RevokeResult, schemas.batches.RevokeOutcome),
)
def revoke(
    context: CommandContext,
    token_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TOKEN_ID", help="Ids from 'token list', or e-mail addresses of users."
        ),
    ] = None,
    stdin: options.TokenStdinOption = False,
    selection: UsersOfTokens = UsersOfTokens(),  # noqa: B008
    all_: Annotated[bool, typer.Option("--all", help="All tokens of all users.")] = False,
    expires_within: ExpiresWithinOption = None,
    unused_since: UnusedSinceOption = None,
    kind: KindOption = None,
) -> None:
    """Revoke API tokens and end sessions.

    Select them by id, with one token on standard input, by a filter (--user, --expires-within,
    --unused-since, or several of these), or with --all. --expires-within and --unused-since select
    API tokens, unless --kind refresh is given. Many users are selected by several --user, a file
    or filters of users; then all their tokens, or those of one kind, are revoked.
    """
    if token_ids and all("@" in text for text in token_ids) and not selection.users:
        selection, token_ids = replace(selection, users=token_ids), None
    if selection.single_user is None and selection != UsersOfTokens(yes=selection.yes):
        if token_ids or stdin or all_ or expires_within or unused_since:
            raise InvalidInput("Of many users, only all tokens or those of a --kind are revoked.")
        change = context.services.revocation.revoke_change(kind)
        change_users(context, selection, change, REVOKE, COLUMNS)
        return
    query = token_query(selection.single_user, kind, expires_within, unused_since)
    filtered = (query.user, expires_within, unused_since) != (None, None, None)
    if bool(token_ids) + stdin + all_ + filtered != 1 or (kind and not (all_ or filtered)):
        raise InvalidInput("Pass one of token ids, --stdin, --all, or a filter such as --user.")
    _revoke(context, token_ids, query, stdin=stdin, yes=selection.yes)


def _revoke(
    context: CommandContext,
    token_ids: list[str] | None,
    query: "schemas.tokens.TokenQuery",
    *,
    stdin: bool,
    yes: bool,
) -> None:
    context.choose_schema(schemas.database.RevokeResult)
    owner = None
    if token_ids:
        revocation = context.services.revocation
        # Scripts name what they revoke, and need no --yes for that.
        if context.is_interactive:
            confirm(context, lambda: _compose_ids(revocation.preview(token_ids)), yes=yes)
        result = revocation.revoke(token_ids)
        owner = sole_owner(lambda: [token.email for token in revocation.preview(token_ids)])
    elif stdin:
        result = context.services.revocation.revoke_text(read_token())
    else:
        result = _revoke_matching(context, query, yes=yes)
    context.emit(result)
    _conclude(context, result, owner)


def _conclude(
    context: CommandContext, result: "schemas.database.RevokeResult", owner: str | None
) -> None:
    """Say in one line what was revoked, and until when access tokens stay valid."""
    parts = [
        f"{done} {pluralize(count, noun)}"
        for done, count, noun in (
            ("revoked", result.revoked_api_tokens, "API token"),
            ("ended", result.revoked_sessions, "session"),
        )
        if count
    ]
    of_owner = f" of {owner}" if owner else ""
    done = f"{' and '.join(parts)}{of_owner}" if parts else "nothing changed: no token was active"
    validity = describe_validity(result.access_tokens_valid_until)
    conclude(context, f"{done[0].upper()}{done[1:]}", validity)


def _revoke_matching(
    context: CommandContext, query: "schemas.tokens.TokenQuery", *, yes: bool
) -> "schemas.database.RevokeResult":
    revocation = context.services.revocation
    is_narrow = query.expires_within is not None or query.unused_since is not None

    def compose() -> str:
        return _compose_matching(query, *revocation.preview_matching(query))

    if not is_narrow:
        confirm(context, compose, yes=yes)
    try:
        return revocation.revoke_matching(query, at_most=GUARD if is_narrow and not yes else None)
    except GuardRefused:
        if not context.is_interactive:
            raise
        confirm(context, compose, yes=False)
        return revocation.revoke_matching(query)


def _compose_ids(tokens: "list[schemas.tokens.TokenTarget]") -> str:
    names = [
        f"{'API token' if token.kind == 'api' else 'the session of token'} {token.id}"
        f"{f' ({token.label})' if token.label else ''} of {token.email}"
        for token in tokens
    ]
    return f"Revoke {', '.join(names)}"


def _compose_matching(
    query: "schemas.tokens.TokenQuery",
    count: "schemas.database.RevokeResult",
    user: "schemas.users.UserTarget | None",
) -> str:
    parts = {
        "API token": (query.kind != "refresh", count.revoked_api_tokens),
        "session": (query.kind != "api", count.revoked_sessions),
    }
    listed = " and ".join(pluralize(n, noun) for noun, (selected, n) in parts.items() if selected)
    return f"Revoke {listed} of {'all users' if user is None else describe_user(user)}"
