"""``userctl login``."""

from functools import partial
from typing import Annotated

import typer

from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.invocation import Invocation
from userctl.cli.passwords import password
from userctl.errors import InvalidInput

commands = Commands()


@commands.command(
    "login",
    prints=("SessionRead", "TokenPair"),
    example="userctl login ada@example.com --password-file ada.password",
)
def login(
    run: Invocation,
    email: Annotated[
        str | None, typer.Argument(metavar="[EMAIL]", help="The e-mail address.")
    ] = None,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Print the tokens instead of keeping them.")
    ] = False,
) -> None:
    """Log in and keep the session, or with --no-store print its tokens."""
    run.prints("TokenPair" if no_store else "SessionRead")
    if no_store and run.quiet:
        raise InvalidInput("The tokens would be neither kept nor printed.")
    email = email or _ask_email(run)
    secret = password(run, stdin=password_stdin, file=password_file)
    log_in = partial(run.services.login.with_password, email, secret)
    if no_store:
        pair = log_in().tokens
        run.emit_or_undo(pair, lambda: run.services.revocation.revoke_text(pair.refresh_token))
    else:
        run.emit(run.services.sessions.start(log_in))


def _ask_email(run: Invocation) -> str:
    if not run.interactive:
        raise InvalidInput("No e-mail address was given.", hint="Write: userctl login EMAIL")
    return str(typer.prompt("E-mail address", err=True))
