"""Secrets come from a prompt, standard input or a file, never from an argument."""

import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from userctl.cli.context import CommandContext
from userctl.core.errors import InputOutputFailed, InvalidInput, TokenInvalid

MAXIMUM_BYTES = 65_536


@dataclass(frozen=True)
class NewPassword:
    """The password to set: a text, one to be generated, or (None) none at all."""

    text: str | None
    generate: bool = False


def new_password(
    run: CommandContext,
    *,
    stdin: bool,
    file: Path | None,
    generate: bool,
    none: bool,
    must_change: bool,
) -> NewPassword:
    """Return the password the options ask for; with none of them a person types it twice.

    Raises:
        InvalidInput: if the options exclude each other, or nobody is there to type.
    """
    if stdin + (file is not None) + generate + none > 1:
        raise InvalidInput("Give only one of the password options.")
    if none and must_change:
        raise InvalidInput("There would be no password that could be changed.")
    if generate:
        run.require_printed("generated_password")
    if generate or none:
        return NewPassword(None, generate=generate)
    if not stdin and file is None and not run.interactive:
        raise InvalidInput(
            "No password was given and nobody is there to ask.",
            hint="Give --password-stdin, --password-file, --generate-password or --no-password.",
        )
    return NewPassword(password(run, stdin=stdin, file=file, twice=True))


def password(
    run: CommandContext,
    *,
    stdin: bool,
    file: Path | None,
    prompt: str = "Password",
    twice: bool = False,
) -> str:
    """Return a password from standard input, a file or a prompt.

    Raises:
        InvalidInput: if the options exclude each other, or nobody is there to type.
        InputOutputFailed: if the file cannot be read.
    """
    if stdin and file is not None:
        raise InvalidInput("Give only one of the password options.")
    if stdin:
        return read_stdin()
    if file is not None:
        return _read_file(file)
    if not run.interactive:
        raise InvalidInput(
            f"No {prompt.lower()} was given and nobody is there to ask.",
            hint="Give --password-stdin or --password-file.",
        )
    try:
        typed = typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True)
    except UnicodeDecodeError:
        raise InvalidInput("What was typed is not UTF-8.") from None
    return str(typed)


def read_stdin() -> str:
    """Return a secret from standard input without its last line ending.

    Raises:
        InvalidInput: if there is none, too much, or no UTF-8.
    """
    return _text(_stdin_bytes(), "standard input")


def read_token() -> str:
    """Return a token from standard input without its last line ending.

    Raises:
        InvalidInput: if there is none.
        TokenInvalid: if there is what cannot be a token.
    """
    content = _stdin_bytes()
    if not content.isascii() or len(content) > MAXIMUM_BYTES:
        raise TokenInvalid("What came by standard input is not a token.")
    return _text(content, "standard input")


def _stdin_bytes() -> bytes:
    if sys.stdin is None:
        raise InvalidInput("Standard input is closed.")
    return sys.stdin.buffer.read(MAXIMUM_BYTES + 1)


def _read_file(file: Path) -> str:
    if file == Path():
        raise InvalidInput("--password-file names no file.")
    try:
        with file.open("rb") as stream:
            return _text(stream.read(MAXIMUM_BYTES + 1), str(file))
    except OSError as error:
        raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error


def _text(content: bytes, source: str) -> str:
    if len(content) > MAXIMUM_BYTES:
        raise InvalidInput(f"There is too much in {source}.")
    try:
        # An editor may have put a byte order mark in front.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"What stands in {source} is not UTF-8.") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise InvalidInput(f"There is nothing in {source}.")
    return text
