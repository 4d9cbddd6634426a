"""Options of ``userctl user import`` for the exports of other systems, and how these are read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast

import typer

from userctl import schemas
from userctl.cli.commands.user.import_options import ReadingOptions
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS
from userctl.core.errors import InputOutputFailed, InvalidInput
from userctl.core.secure_files import read_secret
from userctl.core.text import quote
from userctl.formats.file_format import choose_format
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.reader import IMPORT_EXTENSIONS, read_records
from userctl.formats.rejects import RejectsFormat
from userctl.formats.replayed import Replayed
from userctl.formats.source import open_source
from userctl.formats.sources import SOURCES, guess_source, read_source, rejects_format

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord, PasswordSample

FROM = "From another system"
BEGINNING = 2**16
"""How many characters at least are looked at to recognize an export."""


@dataclass(frozen=True)
class SourceChoice:
    """The system that users come from."""

    system: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SYSTEM",
            help=f"One of {', '.join(SOURCES)}. Default: by the content.",
            rich_help_panel=FROM,
        ),
    ] = None
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain",
            metavar="DOMAIN",
            help="Of users who have a name and no address: NAME@DOMAIN.",
            rich_help_panel=FROM,
        ),
    ] = None
    secret: Annotated[
        str | None,
        typer.Option(
            "--secret",
            metavar="NAME",
            help="Of the setting password_secrets: the pepper, HMAC salt or signer key.",
            rich_help_panel=FROM,
        ),
    ] = None
    map_role: Annotated[
        list[str] | None,
        typer.Option(
            "--map-role",
            metavar="THERE=HERE",
            help="What a role is here; may be repeated, and the first that a user has counts.",
            rich_help_panel=FROM,
        ),
    ] = None
    role_map: Annotated[
        Path | None,
        typer.Option(
            "--role-map",
            metavar="FILE",
            help="A file of THERE=HERE, one a line.",
            rich_help_panel=FROM,
        ),
    ] = None
    verify_sample: Annotated[
        Path | None,
        typer.Option(
            "--verify-sample",
            metavar="FILE",
            help="Import only if the password in its 2nd line is that of the address in its 1st.",
            rich_help_panel=FROM,
        ),
    ] = None

    def roles(self, configured: Sequence[str]) -> dict[str, str]:
        """Return what roles of the other system are here, the first that counts first.

        Raises:
            InvalidInput: if a pair has another form, or names a role that is not configured.
            InputOutputFailed: if the file cannot be read.
        """
        pairs = (*(self.map_role or ()), *self._file())
        return dict(_role_pair(pair, configured) for pair in pairs)

    def _file(self) -> Iterator[str]:
        if self.role_map is None:
            return
        with open_source(self.role_map) as (text, _, _):
            for line in iter(partial(text.readline, LONGEST_RECORD), ""):
                if bare := line.partition("#")[0].strip():
                    yield bare

    def sample(self) -> "PasswordSample | None":
        """Return the address and the password that have to match.

        Raises:
            InvalidInput: if the file has not two lines, or others can read it.
            InputOutputFailed: if there is no such file.
        """
        if self.verify_sample is None:
            return None
        text = read_secret(self.verify_sample)
        if text is None:
            raise InputOutputFailed(f"Cannot read {self.verify_sample}: it does not exist.")
        address, _, password = text.partition("\n")
        if not address.strip() or not password:
            raise InvalidInput(
                f"{self.verify_sample} has to have an address in its first line and a password in "
                "its second."
            )
        return schemas.transfer.PasswordSample(address.strip(), password)


def _role_pair(pair: str, configured: Sequence[str]) -> tuple[str, str]:
    there, _, here = pair.rpartition("=")
    if not there.strip():
        raise InvalidInput(
            f"{quote(pair)} does not map a role.", hint="Write --map-role 'editors=user'."
        )
    if here.strip() not in configured:
        raise InvalidInput(
            f"{quote(here.strip())} is not a configured role.",
            hint=f"Use one of: {', '.join(configured)}.",
        )
    return there.strip(), here.strip()


@dataclass(frozen=True)
class Reading:
    """The records of a file that is being read.

    Attributes:
        records: what is in the file.
        rejects: the format in which those that are rejected are written.
        system: the system that they come from; None for a file with our own fields.
        lost: counts users with what cannot be carried.
        unmapped: counts the roles that are not mapped.
        advice: what is said at the end.
    """

    records: "Iterator[FileRecord]"
    rejects: RejectsFormat
    system: str | None = None
    lost: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    advice: Sequence[str] = ()

    def result(self, report: "schemas.transfer.ImportReport") -> "schemas.transfer.ImportResult":
        """Return the result of a report, with what only the export of another system tells."""
        if self.system is None:
            return report.result
        return schemas.transfer.ForeignImportResult(
            **report.result.model_dump(),
            source=self.system,
            not_carried=dict(sorted(self.lost.items())),
            unmapped_roles=dict(sorted(self.unmapped.items())),
            password_schemes=[*report.schemes],
        )

    def tell(self, context: CommandContext, report: "schemas.transfer.ImportReport") -> None:
        """Say how the passwords are hashed, if it was a dry run, and what did not come along."""
        for scheme in report.schemes:
            weak = f", {scheme.weak:,} of them weak" if scheme.weak else ""
            seconds = f"up to {scheme.seconds:.2g} s each to check"
            context.note(
                f"Passwords hashed with {scheme.scheme}: {scheme.count:,} ({seconds}{weak})."
            )
        for advice in self.advice:
            context.note(advice)
        if self.lost:
            context.note(f"Not carried over: {_counts(self.lost)}.")
        if self.unmapped:
            context.note(
                f"Roles that are not mapped, and give none here: {_counts(self.unmapped)}. "
                "Map one with --map-role 'THERE=HERE'."
            )


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{quote(name)[1:-1]} ({count:,})" for name, count in sorted(found.items()))


def begin_reading(
    context: CommandContext,
    text: TextIO,
    file: Path,
    options: ReadingOptions,
    choice: SourceChoice,
    *,
    keep_sources: bool,
) -> Reading:
    """Return the records of a file: of the system that was named or is recognized, or our own.

    Raises:
        InvalidInput: if nothing tells the format, or an option has an unusable value.
    """
    pieces = list(_beginning(text))
    replayed = cast("TextIO", Replayed(pieces, text))
    system = choice.system
    if system is not None and system not in SOURCES:
        raise InvalidInput(
            f"{quote(system)} is not a system that userctl reads.",
            hint=f"Use one of: {', '.join(SOURCES)}.",
        )
    beginning = "".join(pieces)
    if system is None and options.file_format is None and not options.names:
        system = guess_source(beginning)
        if system is not None and context.settings.output not in JSON_FORMATS:
            title = SOURCES[system].title
            context.note(f"Read as {title} (--from {system}); --format reads it as our own.")
    if system is None:
        ours = choose_format(file, options.file_format, IMPORT_EXTENSIONS)
        return Reading(read_records(replayed, ours, options.how(keep_sources=keep_sources)), ours)
    from userctl.formats.sources.common import SourceOptions  # noqa: PLC0415

    given = SourceOptions(
        domain=choice.domain,
        secret=choice.secret,
        roles=choice.roles(context.settings.roles),
        keep_sources=keep_sources,
    )
    found = read_source(replayed, system, given)
    rejects = rejects_format(system, beginning)
    return Reading(found, rejects, system, given.lost, given.unmapped, given.advice)


def _beginning(text: TextIO) -> Iterator[str]:
    read = 0
    while read < BEGINNING and (line := text.readline(LONGEST_RECORD)):
        yield line
        read += len(line)
