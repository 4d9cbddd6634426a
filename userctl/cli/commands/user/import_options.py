"""Options of ``userctl user import`` for reading the file."""

from dataclasses import dataclass
from typing import Annotated

import typer

from userctl import schemas
from userctl.core.errors import InvalidInput
from userctl.formats.read_options import ReadOptions, parse_delimiter, parse_names
from userctl.formats.reader import ImportFormat

FILE = "How the file is read"
LENIENCY = "What another program accepted"

FormatOption = Annotated[
    ImportFormat | None,
    typer.Option(
        "--format", help="Format of the file. Default: by its extension.", rich_help_panel=FILE
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="NAME=FIELD",
        help="What the file calls a field; may be repeated.",
        rich_help_panel=FILE,
    ),
]
IgnoreUnknownOption = Annotated[
    bool,
    typer.Option(
        "--ignore-unknown", help="Leave out fields that users do not have.", rich_help_panel=FILE
    ),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHAR",
        help="Delimiter of CSV. Default: the one in its header.",
        rich_help_panel=FILE,
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding, such as cp1252. Default: by its mark, or UTF-8.",
        rich_help_panel=FILE,
    ),
]

KeepOddAddressesOption = Annotated[
    bool,
    typer.Option(
        "--keep-odd-addresses",
        help="Import addresses that are not valid, or blank; number those of disabled users that "
        "others have too.",
        rich_help_panel=LENIENCY,
    ),
]
CorrectNamesOption = Annotated[
    bool,
    typer.Option(
        "--correct-names",
        help="Shorten names, and remove invisible characters.",
        rich_help_panel=LENIENCY,
    ),
]
KeepRolesOption = Annotated[
    bool,
    typer.Option(
        "--keep-roles", help="Import roles that are not configured.", rich_help_panel=LENIENCY
    ),
]
KeepFutureTimesOption = Annotated[
    bool,
    typer.Option(
        "--keep-future-times",
        help="Import users that were created in the future.",
        rich_help_panel=LENIENCY,
    ),
]
DropUnknownHashesOption = Annotated[
    bool,
    typer.Option(
        "--drop-unknown-hashes",
        help="Import users without a password whose hash cannot be verified.",
        rich_help_panel=LENIENCY,
    ),
]

AllowWeakHashesOption = Annotated[
    bool,
    typer.Option(
        "--allow-weak-hashes",
        help="Import plain digests of passwords, such as MD5, until the first login.",
        rich_help_panel=LENIENCY,
    ),
]


@dataclass(frozen=True)
class ReadingOptions:
    """How the file is read."""

    file_format: FormatOption = None
    names: MapOption = None
    ignore_unknown: IgnoreUnknownOption = False
    delimiter: DelimiterOption = None
    encoding: EncodingOption = None

    def read_options(self, *, keep_sources: bool) -> ReadOptions:
        """Return the options for reading a file with our own fields.

        Args:
            keep_sources: whether rejected records have to be written again.

        Raises:
            InvalidInput: if an option has an unusable value.
        """
        fields = schemas.transfer.IMPORTED_FIELDS
        mapped = parse_names(self.names or (), fields)
        reason = schemas.transfer.REASON_FIELD
        if keep_sources and reason in mapped:
            raise InvalidInput(
                f"--map cannot give '{reason}' a meaning where --rejects writes a field of this "
                "name.",
                hint="Rename it in the file.",
            )
        return ReadOptions(
            fields=(*fields, *schemas.transfer.UNUSED_FIELDS),
            aliases=mapped,
            ignore_unknown=self.ignore_unknown,
            delimiter=parse_delimiter(self.delimiter),
            keep_sources=keep_sources,
        )


@dataclass(frozen=True)
class RuleOptions:
    """What is imported although no user could be created like this."""

    keep_odd_addresses: KeepOddAddressesOption = False
    correct_names: CorrectNamesOption = False
    keep_roles: KeepRolesOption = False
    keep_future_times: KeepFutureTimesOption = False
    drop_unknown_hashes: DropUnknownHashesOption = False
    allow_weak_hashes: AllowWeakHashesOption = False

    def rules(self) -> "schemas.transfer.ImportRules":
        """Return the rules for the service."""
        return schemas.transfer.ImportRules(**vars(self))
