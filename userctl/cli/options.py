"""Arguments and options that commands share, each written once."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from userctl.config.settings import LogFormat, OutputFormat
from userctl.core.errors import InvalidInput
from userctl.formats.reader import RecordFormat

_CONNECTION = "Database and profile"
_OUTPUT = "Output"

DatabaseURLOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="sqlite:///PATH or postgresql://USER@HOST/DATABASE [env: USERCTL_DATABASE_URL].",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="A profile of the config file [env: USERCTL_PROFILE]."),
]
ActorOption = Annotated[
    str | None,
    typer.Option("--actor", metavar="NAME", help="Who does this [env: USERCTL_ACTOR]."),
]
NoInputOption = Annotated[
    bool, typer.Option("--no-input", help="Never prompt; fail and say which option to give.")
]
VerboseOption = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, help="Log what is done; -vv: statements too."),
]
LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option("--log-format", help="Default: text [env: USERCTL_LOG_FORMAT]."),
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
OutputOption = Annotated[
    OutputFormat | None,
    typer.Option("--output", "-o", help="Default: table [env: USERCTL_OUTPUT]."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only ids, and no notes.")]
FieldsOption = Annotated[
    str | None, typer.Option("--fields", metavar="A,B,...", help="Print only these fields.")
]

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="An id or an e-mail address.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Print at most this many.")]
AfterOption = Annotated[
    int | None, typer.Option("--after", metavar="ID", help="Go on after the record with this id.")
]
OlderThanOption = Annotated[
    str,
    typer.Option("--older-than", metavar="SPAN", help="Ended for at least: 90s, 12h, 1d."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Print all, however many.")]

ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]
FormatOption = Annotated[
    RecordFormat | None,
    typer.Option("--format", help="Default: what the name of the file ends with."),
]

TokenStdinOption = Annotated[
    bool, typer.Option("--stdin", help="Read the token from standard input.")
]
PasswordStdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
PasswordFileOption = Annotated[
    Path | None, typer.Option("--password-file", help="Read the password from a file.")
]
GeneratePasswordOption = Annotated[
    bool, typer.Option("--generate-password", help="Draw a password and print it, once.")
]
NoPasswordOption = Annotated[
    bool, typer.Option("--no-password", help="Let nobody log in with a password.")
]
MustChangeOption = Annotated[
    bool, typer.Option("--must-change", help="The next login asks for another password.")
]

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST = timedelta(days=36_500)


def duration(text: str) -> timedelta:
    """Parse a span of time such as ``50ms``, ``90s``, ``15m``, ``12h``, ``1d`` or ``2w``.

    Raises:
        InvalidInput: for any other text, and for more than a hundred years.
    """
    found = re.fullmatch(r"([0-9]{1,9})(ms|[smhdw])", text)
    if found is not None:
        seconds = int(found[1]) * _UNITS[found[2]]
        if seconds <= _LONGEST.total_seconds():
            return timedelta(seconds=seconds)
    raise InvalidInput(
        f"'{text[:40]}' is not a span of time.", hint="Write it as 90s, 15m, 12h, 1d or 2w."
    )
