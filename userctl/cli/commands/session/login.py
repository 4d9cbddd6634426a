"""``userctl login``."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write_error
from userctl.cli.prompts import password
from userctl.core.errors import InvalidInput, PasswordChangeRequired, PasswordRejected

commands = Commands()

DEFAULT_METHOD = "password"

Enter = Callable[[CommandContext, str, "schemas.Credentials"], None]


@commands.command(
    "login",
    prints=("SessionRead", "TokenPair"),
    example="userctl login ada@example.com --password-file ada.password",
)
def login(
    run: CommandContext,
    email: Annotated[
        str | None, typer.Argument(metavar="[EMAIL]", help="The e-mail address.")
    ] = None,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    method: Annotated[
        str,
        typer.Option("--method", help="How to prove who you are, such as by api-token."),
    ] = DEFAULT_METHOD,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            help="Where the attempt comes from, if userctl serves somebody else: an IP address.",
        ),
    ] = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Print the tokens instead of keeping them.")
    ] = False,
) -> None:
    """Log in and keep the session, or with --no-store print its tokens.

    With another method its secret is read in the place of the password, and no address is
    needed: userctl login --method api-token --password-file ci.token
    """
    run.prints("TokenPair" if no_store else "SessionRead")
    if no_store and run.quiet:
        raise InvalidInput("The tokens would be neither kept nor printed.")
    if method == DEFAULT_METHOD:
        email = email or _ask_email(run)
    prompt = method.replace("-", " ").capitalize()
    secret = password(run, stdin=password_stdin, file=password_file, prompt=prompt)
    credentials = schemas.Credentials(secret=secret, identity=email, source=source)
    enter = _print_tokens if no_store else _keep_session
    try:
        enter(run, method, credentials)
    except PasswordChangeRequired as error:
        if not run.interactive:
            raise
        write_error(error.message)
        while not _enters_with_new_password(run, enter, method, credentials):
            pass


def _enters_with_new_password(
    run: CommandContext, enter: Enter, method: str, credentials: "schemas.Credentials"
) -> bool:
    """Ask for a new password and log in with it; False if the policy refuses it."""
    new = password(run, stdin=False, file=None, prompt="New password", twice=True)
    try:
        enter(run, method, credentials.model_copy(update={"new_secret": new}))
    except PasswordRejected as error:
        write_error(error.message)
        return False
    return True


def _keep_session(run: CommandContext, method: str, credentials: "schemas.Credentials") -> None:
    log_in = partial(run.services.login.log_in, method, credentials)
    run.emit(run.services.sessions.start(log_in))


def _print_tokens(run: CommandContext, method: str, credentials: "schemas.Credentials") -> None:
    pair = run.services.login.log_in(method, credentials).tokens
    run.emit_or_undo(pair, lambda: run.services.revocation.revoke_text(pair.refresh_token))


def _ask_email(run: CommandContext) -> str:
    if not run.interactive:
        raise InvalidInput("No e-mail address was given.", hint="Write: userctl login EMAIL")
    return str(typer.prompt("E-mail address", err=True))
