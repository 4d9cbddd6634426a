"""How ``userctl user import`` reads its file: as the export of another system, or as our own."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from userctl import schemas
from userctl.cli.commands.user.import_options import ReadingOptions
from userctl.cli.commands.user.import_sources import SourceChoice
from userctl.cli.context import CommandContext
from userctl.cli.errors import JSON_FORMATS
from userctl.core.errors import InvalidInput
from userctl.core.text import quote
from userctl.formats.file_format import choose_format
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.reader import IMPORT_EXTENSIONS, read_records
from userctl.formats.rejects import RejectsFormat
from userctl.formats.replayed_text import ReplayedText
from userctl.formats.sources import SOURCES, guess_source, read_source, rejects_format

if TYPE_CHECKING:
    from userctl.schemas.transfer import FileRecord

BEGINNING = 2**16
"""How many characters at least are looked at to recognize an export."""


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
                f"Roles that are not mapped: {_counts(self.unmapped)}. "
                "Map one with --map-role 'THERE=HERE'."
            )


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{quote(name)[1:-1]} ({count:,})" for name, count in sorted(found.items()))


def begin_reading(
    context: CommandContext,
    text: TextIO,
    files: Sequence[Path],
    options: ReadingOptions,
    choice: SourceChoice,
    *,
    keep: bool,
) -> Reading:
    """Return the records of files: of the system that was named or is recognized, or our own.

    Args:
        context: of the command.
        text: the content of the files, one after the other.
        files: the files; only their names and their number matter.
        options: how records of our own are read.
        choice: the system that users come from, and what its export does not say.
        keep: whether each record keeps what its format needs to write it again.

    Raises:
        InvalidInput: if nothing tells the format, or an option has an unusable value.
    """
    pieces = list(_beginning(text))
    replayed = cast("TextIO", ReplayedText(pieces, text))
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
        choice.require_none()
        ours = choose_format(files[0], options.file_format, IMPORT_EXTENSIONS)
        _require_joinable(files, ours)
        return Reading(read_records(replayed, ours, options.how(keep_sources=keep)), ours)
    from userctl.formats.sources.options import SourceOptions  # noqa: PLC0415

    secret, advice = choice.secret_name(context.settings.password_secrets)
    given = SourceOptions(
        domain=choice.domain,
        secret=secret,
        roles=choice.roles(context.settings.roles),
        keep_sources=keep,
        advice=[*advice],
    )
    found = read_source(replayed, system, given)
    rejects = rejects_format(system, beginning)
    _require_joinable(files, rejects)
    return Reading(found, rejects, system, given.losses, given.unmapped_roles, given.advice)


def _require_joinable(files: Sequence[Path], file_format: str) -> None:
    if len(files) > 1 and file_format == "csv":
        raise InvalidInput(
            "Several files of CSV cannot be read as one: each has a header.",
            hint="Import them one after the other.",
        )


def _beginning(text: TextIO) -> Iterator[str]:
    read = 0
    while read < BEGINNING and (line := text.readline(LONGEST_RECORD)):
        yield line
        read += len(line)
