"""``userctl token``: sessions and their tokens."""

from typing import Annotated, Literal

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.invocation import Invocation
from userctl.cli.passwords import read_stdin
from userctl.cli.render import progress, write
from userctl.errors import InvalidInput

commands = Commands("token", "Refresh, check, list, revoke and purge tokens.")

COLUMNS = ("id", "user_id", "email", "state", "created_at", "expires_at")

StdinOption = Annotated[bool, typer.Option("--stdin", help="Read the token from standard input.")]


@commands.command("refresh", prints=("SessionRead", "TokenPair"), example="userctl token refresh")
def refresh(run: Invocation, stdin: StdinOption = False) -> None:
    """Exchange a refresh token, once: that of the stored session, or one from stdin."""
    run.prints("TokenPair" if stdin else "SessionRead")
    if stdin and run.quiet:
        raise InvalidInput("The tokens would be neither kept nor printed.")
    if stdin:
        pair = run.services.tokens.refresh(read_stdin()).tokens
        run.emit_or_undo(pair, lambda: run.services.revocation.revoke_text(pair.refresh_token))
    else:
        run.emit(run.services.sessions.refresh())


@commands.command(
    "print", example='curl -H "Authorization: Bearer $(userctl token print)" localhost'
)
def print_(run: Invocation) -> None:
    """Print the access token of the stored session, refreshed if that is due."""
    write(run.services.sessions.access_token() + "\n")


@commands.command(
    "verify",
    prints="AccessClaims",
    example="userctl token print | userctl token verify --stdin -o json",
)
def verify(
    run: Invocation,
    stdin: StdinOption = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Check signature and times only, not the database.")
    ] = False,
) -> None:
    """Print the claims of a valid access token: the stored one, or one from stdin."""
    token = read_stdin() if stdin else run.services.sessions.stored_access_token()
    tokens = run.services.tokens
    run.emit(tokens.verify_offline(token) if offline else tokens.verify(token)[0])


@commands.command(
    "list",
    prints="TokenRead",
    example="userctl token list --user ada@example.com --state active",
)
def list_(
    run: Invocation,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Only of this account.")
    ] = None,
    state: Annotated[
        Literal["active", "used", "revoked", "expired"] | None,
        typer.Option("--state", help="Only in this state."),
    ] = None,
    limit: options.LimitOption = 100,
    after: options.AfterOption = None,
    all_: options.AllOption = False,
) -> None:
    """List refresh tokens, never their text."""
    query = schemas.TokenQuery(user=user, state=state, limit=limit, after=after)
    if all_:
        run.emit_all(run.services.revocation.stream(query), COLUMNS)
        return
    page = run.services.revocation.page(query)
    run.emit_all(page.items, COLUMNS)
    if page.more:
        run.note(f"There are more: go on with --after {page.items[-1].id}, or give --all.")


@commands.command(
    "revoke",
    prints="RevokeResult",
    example="userctl token revoke --user ada@example.com --yes",
)
def revoke(
    run: Invocation,
    token_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[TOKEN_ID]...", help="Ids from 'token list'.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="All sessions of this account.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All sessions of all accounts.")] = False,
    stdin: StdinOption = False,
    yes: options.YesOption = False,
) -> None:
    """End sessions, so that no token of theirs works any more."""
    if bool(token_ids) + (user is not None) + all_ + stdin != 1:
        raise InvalidInput("Give either token ids, --user, --all or --stdin.")
    revocation = run.services.revocation
    if token_ids:
        result = revocation.revoke([_token_id(text) for text in token_ids])
    elif stdin:
        result = revocation.revoke_text(read_stdin())
    elif user is not None:
        run.confirm(f"End all sessions of {user}?", yes=yes)
        result = revocation.revoke_user(user)
    else:
        run.confirm("End all sessions of all accounts?", yes=yes)
        result = revocation.revoke_all()
    run.emit(result)


def _token_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        # It is not repeated, because it may be the token itself.
        raise InvalidInput(
            "A token id is a number from 'userctl token list'.",
            hint="Hand a token itself over with --stdin.",
        )
    return int(text)


@commands.command(
    "purge", prints="PurgeResult", example="userctl token purge --older-than 7d --quiet"
)
def purge(
    run: Invocation,
    older_than: Annotated[
        str,
        typer.Option("--older-than", metavar="SPAN", help="Expired for at least: 90s, 12h, 1d."),
    ] = "1d",
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, max=100_000, help="Rows in one transaction.")
    ] = 1000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, delete nothing.")] = False,
) -> None:
    """Delete refresh tokens that expired some time ago, in small batches."""
    span = options.duration(older_than)
    with progress("Purging tokens", quiet=run.quiet) as on_batch:
        result = run.services.purge.purge(
            span, batch_size=batch_size, dry_run=dry_run, on_batch=on_batch
        )
    run.emit(result)
