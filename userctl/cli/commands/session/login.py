"""``userctl login``."""

from collections.abc import Callable
from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write_error
from userctl.cli.prompts import read_password
from userctl.core.errors import InvalidInput, PasswordChangeRequired, PasswordRejected

DEFAULT_METHOD = "password"

LogIn = Callable[[CommandContext, str, "schemas.credentials.Credentials"], None]


@command(
    example="userctl login ada@example.com --password-file ada.password",
    prints=lambda: (schemas.session.SessionRead, schemas.tokens.TokenPair),
    raw="access_token",
)
def login(
    context: CommandContext,
    email: Annotated[str | None, typer.Argument(metavar="EMAIL", help="E-mail address.")] = None,
    password_stdin: options.PasswordStdinOption = False,
    password_file: options.PasswordFileOption = None,
    method: Annotated[
        str,
        typer.Option("--method", metavar="METHOD", help="Login method: password, api-token, ..."),
    ] = DEFAULT_METHOD,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="ADDRESS",
            help="IP address of the client, if userctl is called on behalf of one.",
        ),
    ] = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Print the tokens instead of storing them.")
    ] = False,
) -> None:
    """Log in and store the session, or print its tokens.

    Another method reads its secret in place of the password, and needs no e-mail address:
    userctl login --method api-token --password-file ci.token
    """
    context.choose_schema(schemas.tokens.TokenPair if no_store else schemas.session.SessionRead)
    if no_store and context.quiet:
        raise InvalidInput("--quiet cannot be used with --no-store: the tokens would be lost.")
    if method == DEFAULT_METHOD and not email:
        email = _ask_email(context)
    prompt = method.replace("-", " ").capitalize()
    secret = read_password(context, stdin=password_stdin, file=password_file, prompt=prompt)
    credentials = schemas.credentials.Credentials(secret=secret, identity=email, source=source)
    log_in = _print_tokens if no_store else _store_session
    try:
        log_in(context, method, credentials)
    except PasswordChangeRequired as error:
        if not context.is_interactive:
            raise
        write_error(error.message)
        _log_in_with_new_password(context, log_in, method, credentials)


def _log_in_with_new_password(
    context: CommandContext,
    log_in: LogIn,
    method: str,
    credentials: "schemas.credentials.Credentials",
) -> None:
    """Ask for a new password until the policy accepts one, and log in with it."""
    while True:
        new = read_password(context, stdin=False, file=None, prompt="New password", twice=True)
        try:
            log_in(context, method, credentials.model_copy(update={"new_secret": new}))
        except PasswordRejected as error:
            write_error(error.message)
        else:
            return


def _store_session(
    context: CommandContext, method: str, credentials: "schemas.credentials.Credentials"
) -> None:
    context.emit(context.services.login.log_in_and_store(method, credentials))


def _print_tokens(
    context: CommandContext, method: str, credentials: "schemas.credentials.Credentials"
) -> None:
    pair = context.services.login.log_in(method, credentials).tokens
    context.emit_or_undo(pair, lambda: context.services.revocation.revoke_text(pair.refresh_token))


def _ask_email(context: CommandContext) -> str:
    if not context.is_interactive:
        raise InvalidInput(
            f"No e-mail address was given, and {context.why_not_interactive}.",
            hint="Write: userctl login EMAIL",
        )
    return str(typer.prompt("E-mail address", err=True))
