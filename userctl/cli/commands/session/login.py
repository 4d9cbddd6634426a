"""``userctl login``."""

from typing import Annotated

import typer

from userctl import schemas
from userctl.cli import options
from userctl.cli.asking import ask
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write_error
from userctl.cli.output.sessions_ended import describe_validity
from userctl.cli.prompts import read_password, retry_rejected
from userctl.cli.verdicts import conclude
from userctl.core.errors import InvalidInput, PasswordChangeRequired
from userctl.core.text import rfc3339

DEFAULT_METHOD = "password"


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
    client: Annotated[
        str | None,
        typer.Option(
            "--client", metavar="NAME", help="Name of the client, for the list of sessions."
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
    credentials = schemas.credentials.Credentials(
        secret="", identity=email, source=source, client=client
    )
    if not password_stdin and password_file is None:
        # What would fail in any case is reported before anyone has to type a password.
        context.services.login.check(method, credentials, store=not no_store)
    prompt = method.replace("-", " ").capitalize()
    secret = read_password(context, stdin=password_stdin, file=password_file, prompt=prompt)
    credentials = credentials.model_copy(update={"secret": secret})
    _log_in(context, method, credentials, store=not no_store)


def _log_in(
    context: CommandContext,
    method: str,
    credentials: "schemas.credentials.Credentials",
    *,
    store: bool,
) -> None:
    """Log in, with a new password if the current one has to be changed."""
    log_in = _store_session if store else _print_tokens
    try:
        log_in(context, method, credentials)
    except PasswordChangeRequired as error:
        if not context.is_interactive:
            raise
        write_error(error.message)
        retry_rejected(
            lambda: read_password(
                context, stdin=False, file=None, prompt="New password", twice=True
            ),
            lambda new: log_in(context, method, credentials.model_copy(update={"new_secret": new})),
        )


def _store_session(
    context: CommandContext, method: str, credentials: "schemas.credentials.Credentials"
) -> None:
    started = context.services.login.log_in_and_store(method, credentials)
    session, replaced = started.session, started.replaced
    context.emit(session)
    if replaced is not None:
        _note_replaced_session(context, session, replaced)
    conclude(
        context,
        f"Logged in as {session.email}",
        session.role,
        f"until {rfc3339(session.session_expires_at)} at the latest",
        undo="logout",
    )


def _note_replaced_session(
    context: CommandContext,
    session: "schemas.session.SessionRead",
    replaced: "schemas.session.ReplacedSession",
) -> None:
    """Say what happened to the session that was stored before, and who acts from now on."""
    is_other = replaced.email != session.email
    former = f"The session of {replaced.email or 'another user'}" if is_other else "Your session"
    if replaced.was_ended:
        validity = describe_validity(replaced.access_tokens_valid_until)
        text = f"{former} that was stored before was ended{validity and f' ({validity})'}."
    else:
        text = (
            f"{former} in {replaced.database} that was stored before is forgotten, but was not "
            "ended: do so there with 'userctl session end'."
        )
    if is_other and context.settings.actor is None:
        text += f" From now on the audit trail names {session.email} as the actor."
    if is_other:
        text += " To test a password without this, use --no-store."
    context.note(text)


def _print_tokens(
    context: CommandContext, method: str, credentials: "schemas.credentials.Credentials"
) -> None:
    grant = context.services.login.log_in(method, credentials)
    pair, revocation = grant.tokens, context.services.revocation
    context.emit_or_undo(pair, lambda: revocation.revoke_text(pair.refresh_token))
    conclude(context, f"Started a session of {grant.user.email}", "not stored")


def _ask_email(context: CommandContext) -> str:
    if not context.is_interactive:
        raise InvalidInput(
            f"No e-mail address was given, and {context.why_not_interactive}.",
            hint="Write: userctl login EMAIL",
        )
    return ask("E-mail address")
