"""The one place that turns an error into a message and an exit code."""

import errno
import json
import os
import re
import signal
import traceback
from collections.abc import Mapping, Sequence

import typer

from userctl.cli.output.render import ReaderLeft, write_error
from userctl.cli.usage import usage_hint, usage_message
from userctl.core import errors
from userctl.core.masking import mask_secrets
from userctl.core.text import escape_invisible

EXIT_CODES: dict[type[errors.UserctlError], int] = {
    errors.InvalidInput: 2,
    errors.NotFound: 3,
    errors.AuthenticationFailed: 4,
    errors.Conflict: 5,
    errors.DatabaseNotReady: 6,
    errors.InputOutputFailed: 9,
}
_IO_ERRORS: dict[int | None, type[errors.InputOutputFailed]] = {
    errno.ENOSPC: errors.DiskFull,
    errno.EDQUOT: errors.DiskFull,
    errno.EROFS: errors.ReadOnly,
}
JSON_FORMATS = ("json", "jsonl")
UNEXPECTED = 1
USAGE = 2
PARTIAL = 7
PENDING = 8
IO = 9
INTERRUPTED = 130
READER_LEFT = 141
TERMINATED = 143

EXIT_CODES_HELP = """\b
Exit codes:
  0  done
  1  unexpected failure: a bug in userctl
  2  usage or invalid input; nothing changed
  3  not found
  4  authentication failed
  5  conflict: already exists, last admin, concurrent refresh, refused
  6  database not ready
  7  partial: some records were rejected
  8  changes pending: migrations, adoption, tokens to purge, users to apply
  9  input/output: disk full, read-only, stdout lost
  130, 141, 143  interrupted, reader of stdout gone, terminated; rolled back
"""


class Terminated(BaseException):
    """SIGTERM arrived."""


def terminate_on_sigterm() -> None:
    """Make SIGTERM unwind the program, so that open transactions are rolled back."""

    def stop(_number: int, _frame: object) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, stop)


def report(
    error: BaseException, argv: Sequence[str], *, debug: bool, output: str | None = None
) -> int:
    """Write one line about an error and return the exit code.

    Args:
        error: what ended the command.
        argv: the arguments, searched for the output format, since parsing may be what failed.
        debug: write the traceback too.
        output: the output format, if the settings have been read.
    """
    if isinstance(error, Terminated):
        return TERMINATED
    if isinstance(error, ReaderLeft):
        # The exit code that a shell reports for a program killed by SIGPIPE.
        return READER_LEFT
    if isinstance(error, typer.Abort | KeyboardInterrupt | EOFError):
        return INTERRUPTED
    if debug:
        for line in mask_secrets("".join(traceback.format_exception(error))).splitlines():
            write_error(line)
    asks_for_json = output in JSON_FORMATS if output else wants_json(argv, os.environ)
    return print_error(error, as_json=asks_for_json)


def print_error(error: BaseException, *, as_json: bool) -> int:
    """Print an error, which need not end the command, and return its exit code.

    It is one line, after a line for each problem in a file.
    """
    exit_code, code, message, hint = _describe(error)
    # The message of an application's trigger may hold a whole row.
    message = mask_secrets(message)
    kinds = errors.DeclarationInvalid | errors.SetConflict
    problems = error.problems if isinstance(error, kinds) else ()
    if as_json:
        body: dict[str, object] = {"code": code, "message": escape_invisible(message), "hint": hint}
        if problems:
            body["problems"] = [{**p.place._asdict(), "message": p.message} for p in problems]
        write_error(json.dumps({"error": body}))
    else:
        for problem in problems:
            write_error(str(problem))
        write_error(message + (f" {hint}" if hint else ""), label="error:")
    return exit_code


def error_code(error: BaseException | None) -> str | None:
    """Return the slug of the error that ended a command; None after a signal or no error."""
    if not isinstance(error, Exception) or isinstance(error, ReaderLeft | typer.Abort | EOFError):
        return None
    return _describe(error)[1]


def wants_json(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Return whether the arguments or else the environment ask for JSON."""
    output = environ.get("USERCTL_OUTPUT", "")
    for position, argument in enumerate(argv):
        if argument == "--":
            break
        # The letters before the o are short options that take no value.
        if match := re.fullmatch(r"-[a-np-z]*o=?(.*)|--output(?:=(.*))?", argument):
            output = match[1] or match[2] or "".join(argv[position + 1 : position + 2])
    return output in JSON_FORMATS


def _describe(error: BaseException) -> tuple[int, str, str, str | None]:
    """Return exit code, slug, message and hint."""
    if isinstance(error, MemoryError):
        error = errors.OutOfMemory("There is not enough memory.")
    if isinstance(error, errors.UserctlError):
        kind = next(kind for kind in type(error).__mro__ if kind in EXIT_CODES)
        code = error.code
        if code == errors.InputOutputFailed.code:
            code = _io_code(error.__cause__)
        return EXIT_CODES[kind], code, error.message, error.hint
    if isinstance(error, typer.TyperException):
        return USAGE, "usage", usage_message(error), usage_hint(error)
    if isinstance(error, OSError):
        has_file = isinstance(error.filename, str | bytes)
        file = f" ({os.fsdecode(error.filename)})" if has_file else ""
        return IO, _io_code(error), f"{error.strerror or type(error).__name__}{file}.", None
    name = type(error).__name__
    return (
        UNEXPECTED,
        "unexpected",
        f"Unexpected failure ({name}).",
        "This is a bug in userctl; --debug shows the traceback to report.",
    )


def _io_code(error: BaseException | None) -> str:
    """Return the slug for what the operating system reported."""
    number = error.errno if isinstance(error, OSError) else None
    return _IO_ERRORS.get(number, errors.InputOutputFailed).code
