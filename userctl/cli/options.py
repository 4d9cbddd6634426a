"""Arguments and options that commands share, each written once."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli.help_page import OUTPUT, PAGING, PASSWORD, SHARED
from userctl.config.settings import LogFormat, OutputFormat
from userctl.formats.writer import ExportFormat

DatabaseURLOption = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="sqlite:///PATH, postgresql://USER@HOST/DATABASE, or @FILE that holds one "
        "[env: USERCTL_DATABASE_URL].",
        rich_help_panel=SHARED,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Profile in the config file [env: USERCTL_PROFILE].",
        rich_help_panel=SHARED,
    ),
]
ActorOption = Annotated[
    str | None,
    typer.Option(
        "--actor",
        metavar="NAME",
        help="Who does this, for the audit trail [env: USERCTL_ACTOR].",
        rich_help_panel=SHARED,
    ),
]
NoActorOption = Annotated[str | None, typer.Option("--actor", metavar="NAME", hidden=True)]
"""For commands that change nothing, so that they can refuse it with an explanation."""

NoInputOption = Annotated[
    bool,
    typer.Option(
        "--no-input",
        help="Never prompt; fail and name the missing option.",
        rich_help_panel=SHARED,
    ),
]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Log each step; -vv also logs SQL statements.",
        rich_help_panel=SHARED,
    ),
]
LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        metavar="FORMAT",
        help="text (the default) or json [env: USERCTL_LOG_FORMAT].",
        rich_help_panel=SHARED,
    ),
]
DebugOption = Annotated[
    bool,
    typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel=SHARED),
]
OutputOption = Annotated[
    OutputFormat | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table (the default), json, jsonl or csv [env: USERCTL_OUTPUT].",
        rich_help_panel=OUTPUT,
    ),
]
QuietOption = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print only ids, and no notes.", rich_help_panel=OUTPUT),
]
FieldsOption = Annotated[
    str | None,
    typer.Option(
        "--fields", metavar="A,B,...", help="Print only these fields.", rich_help_panel=OUTPUT
    ),
]
NoHeaderOption = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="Print tables and CSV without the names of the columns.",
        rich_help_panel=OUTPUT,
    ),
]
NoPagerOption = Annotated[
    bool,
    typer.Option(
        "--no-pager",
        help="Print a long table without $PAGER.",
        rich_help_panel=OUTPUT,
    ),
]
RawOption = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="Print the value of one field alone, such as a token.",
        rich_help_panel=OUTPUT,
    ),
]

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Id or e-mail address.")]
SessionArgument = Annotated[
    str, typer.Argument(metavar="SESSION", help="Id from 'session list', or its beginning.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
LimitOption = Annotated[
    int,
    typer.Option(
        "--limit", metavar="N", min=1, help="Print at most this many.", rich_help_panel=PAGING
    ),
]
AfterOption = Annotated[
    int | None,
    typer.Option(
        "--after", metavar="ID", help="Start after the record with this id.", rich_help_panel=PAGING
    ),
]
OlderThanOption = Annotated[
    str | None,
    typer.Option(
        "--older-than",
        metavar="DURATION",
        help="Expired or revoked at least this long ago: 90s, 12h, 1d. "
        "Default: the setting token_retention_days.",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Print everything.", rich_help_panel=PAGING)]

ForceOption = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
ExportFormatOption = Annotated[
    ExportFormat | None,
    typer.Option("--format", help="Format of the file. Default: by its extension."),
]

TokenStdinOption = Annotated[
    bool, typer.Option("--stdin", help="Read the token from standard input.")
]
PasswordStdinOption = Annotated[
    bool,
    typer.Option(
        "--password-stdin", help="Read the password from standard input.", rich_help_panel=PASSWORD
    ),
]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from a file.",
        rich_help_panel=PASSWORD,
    ),
]
GeneratePasswordOption = Annotated[
    bool,
    typer.Option(
        "--generate-password",
        help="Generate a password and print it once.",
        rich_help_panel=PASSWORD,
    ),
]
NoPasswordOption = Annotated[
    bool,
    typer.Option(
        "--no-password",
        help="Set no password, so that none can be used to log in.",
        rich_help_panel=PASSWORD,
    ),
]
MustChangeOption = Annotated[
    bool,
    typer.Option(
        "--must-change", help="Require a new password at the next login.", rich_help_panel=PASSWORD
    ),
]

SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Not before this time: 2026-01-31, 2026-01-31T12:00:00Z, or 2h (ago).",
    ),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Before this time, as for --since.")
]
