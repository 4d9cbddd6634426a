"""Reads secrets from a prompt, standard input or a file, never from an argument."""

import codecs
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from userctl.cli.asking import ATTEMPTS, ask
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write_error
from userctl.core.errors import InputOutputFailed, InvalidInput, PasswordRejected, TokenInvalid
from userctl.core.text import strip_line_end

MAXIMUM_BYTES = 65_536

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True)
class NewPassword:
    """A password to set; without a text, one is generated or there is to be none."""

    text: str | None
    generate: bool = False


@dataclass(frozen=True)
class PasswordOptions:
    """The options of a command that sets a password.

    Attributes:
        stdin: read the password from standard input.
        file: read it from this file.
        generate: generate one.
        none: set none.
        must_change: make it valid for one login only.
    """

    stdin: bool
    file: Path | None
    generate: bool
    none: bool
    must_change: bool

    @property
    def needs_prompt(self) -> bool:
        """Whether a person has to type the password."""
        return not (self.stdin or self.file is not None or self.generate or self.none)


def use_new_password(
    context: CommandContext,
    options: PasswordOptions,
    use: Callable[[NewPassword], T],
    *,
    check: Callable[[], T | None],
) -> T:
    """Set the password that the options ask for, and return the outcome.

    A person who types it has three attempts to satisfy the policy.

    Args:
        context: tells whether a prompt can be answered.
        options: where the password comes from.
        use: sets the password.
        check: called before anyone has to type a password. It raises an error if none could be
            set, and returns the outcome if none is needed, otherwise None.

    Raises:
        InvalidInput: if the options exclude each other, or no prompt can be answered.
        PasswordRejected: if the policy rejects the password, or the third one that was typed.
    """

    def read() -> NewPassword:
        return read_new_password(context, **vars(options))

    if not (options.needs_prompt and context.is_interactive):
        return use(read())
    outcome = check()
    return retry_rejected(read, use) if outcome is None else outcome


def retry_rejected(ask: Callable[[], P], use: Callable[[P], T]) -> T:
    """Ask for a new password and use it, with three attempts in all if it is rejected.

    Args:
        ask: asks a person for a new password.
        use: sets it.

    Raises:
        PasswordRejected: if the last one is rejected too.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return use(ask())
        except PasswordRejected as error:
            write_error(f"{error.message} Try again.")
    return use(ask())


def read_new_password(
    context: CommandContext,
    *,
    stdin: bool,
    file: Path | None,
    generate: bool,
    none: bool,
    must_change: bool,
) -> NewPassword:
    """Return the password that the options ask for; without any, prompt for it twice.

    Raises:
        InvalidInput: if the options exclude each other, or no prompt can be answered.
    """
    if stdin + (file is not None) + generate + none > 1:
        raise InvalidInput("Pass only one of the password options.")
    if none and must_change:
        raise InvalidInput("--must-change cannot be used with --no-password.")
    if generate:
        context.require_field("generated_password")
    elif context.raw and context.fields == ["generated_password"]:
        raise InvalidInput(
            "--raw prints the generated password, and none is generated.",
            hint="Pass --generate-password, or pick another field with --fields.",
        )
    if generate or none:
        return NewPassword(None, generate=generate)
    if not stdin and file is None and not context.is_interactive:
        raise InvalidInput(
            f"No password was given, and {context.why_not_interactive}.",
            hint="Pass --password-stdin, --password-file, --generate-password or --no-password.",
        )
    return NewPassword(read_password(context, stdin=stdin, file=file, twice=True))


def read_password(
    context: CommandContext,
    *,
    stdin: bool,
    file: Path | None,
    prompt: str = "Password",
    twice: bool = False,
) -> str:
    """Return a password from standard input, a file or a prompt.

    Args:
        context: tells whether a prompt can be answered.
        stdin: read it from standard input.
        file: read it from this file.
        prompt: what a prompt asks for.
        twice: whether a prompt asks for it a second time.

    Raises:
        InvalidInput: if the options exclude each other, or no prompt can be answered.
        PasswordRejected: if the second entry differs from the first.
        InputOutputFailed: if the file cannot be read.
    """
    if stdin and file is not None:
        raise InvalidInput("Pass only one of the password options.")
    if stdin:
        return read_stdin()
    if file is not None:
        return _read_file(file)
    if not context.is_interactive:
        raise InvalidInput(
            f"No {prompt.lower()} was given, and {context.why_not_interactive}.",
            hint="Pass --password-stdin or --password-file.",
        )
    password = ask(prompt, hidden=True)
    if twice and ask("Repeat for confirmation", hidden=True) != password:
        raise PasswordRejected(["the two entries do not match"])
    return password


def read_stdin() -> str:
    """Return a secret from standard input without its last line ending.

    Raises:
        InvalidInput: if it is empty, too long or not UTF-8.
    """
    return _decode_secret(_stdin_bytes(), "standard input")


def read_token() -> str:
    """Return a token from standard input without blanks and line endings around it.

    Raises:
        InvalidInput: if it is empty.
        TokenInvalid: if it cannot be a token.
    """
    # No token has blanks, and an editor may have written a byte order mark.
    content = _stdin_bytes().removeprefix(codecs.BOM_UTF8).strip()
    if not content.isascii() or len(content) > MAXIMUM_BYTES:
        raise TokenInvalid("Standard input does not hold a token.")
    return _decode_secret(content, "standard input")


def _stdin_bytes() -> bytes:
    if sys.stdin is None:
        raise InvalidInput("Standard input is closed.")
    return sys.stdin.buffer.read(MAXIMUM_BYTES + 1)


def _read_file(file: Path) -> str:
    if file == Path():
        raise InvalidInput("--password-file needs the name of a file.")
    try:
        with file.open("rb") as stream:
            return _decode_secret(stream.read(MAXIMUM_BYTES + 1), str(file))
    except OSError as error:
        raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error


def _decode_secret(content: bytes, source: str) -> str:
    if len(content) > MAXIMUM_BYTES:
        raise InvalidInput(f"The value read from {source} is longer than {MAXIMUM_BYTES:,} bytes.")
    try:
        # An editor may have written a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"The value read from {source} is not valid UTF-8.") from None
    text = strip_line_end(text)
    if not text:
        raise InvalidInput(f"The value read from {source} is empty.")
    return text
