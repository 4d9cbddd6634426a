"""Reads the files of ``userctl user import``: exports of another system, or our own format."""

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
"""How many characters, at least, are read to recognize an export."""


@dataclass(frozen=True)
class ImportFile:
    """A file that is being imported.

    Attributes:
        records: its records.
        rejects_format: the format in which rejected records are written.
        system: the system that it comes from; None for a file with our own fields.
        losses: counts the users by what cannot be carried over.
        unmapped_roles: counts the roles that are not mapped.
        advice: what the command says at the end.
    """

    records: "Iterator[FileRecord]"
    rejects_format: RejectsFormat
    system: str | None = None
    losses: Counter[str] = field(default_factory=Counter)
    unmapped_roles: Counter[str] = field(default_factory=Counter)
    advice: Sequence[str] = ()

    def result(self, report: "schemas.transfer.ImportReport") -> "schemas.transfer.ImportResult":
        """Return the result of a report, with what is known only of exports of other systems."""
        if self.system is None:
            return report.result
        return schemas.transfer.ForeignImportResult(
            **report.result.model_dump(),
            source=self.system,
            not_carried=dict(sorted(self.losses.items())),
            unmapped_roles=dict(sorted(self.unmapped_roles.items())),
            password_schemes=[*report.schemes],
        )

    def print_notes(self, context: CommandContext, report: "schemas.transfer.ImportReport") -> None:
        """Note how passwords are hashed, after a dry run, and what was not carried over."""
        for scheme in report.schemes:
            weak = f", {scheme.weak:,} of them weak" if scheme.weak else ""
            seconds = f"up to {scheme.seconds:.2g} s each to check"
            context.note(
                f"Passwords hashed with {scheme.scheme}: {scheme.count:,} ({seconds}{weak})."
            )
        for advice in self.advice:
            context.note(advice)
        if self.losses:
            context.note(f"Not carried over: {_format_counts(self.losses)}.")
        if self.unmapped_roles:
            context.note(
                f"Roles that are not mapped: {_format_counts(self.unmapped_roles)}. "
                "Map one with --map-role 'THERE=HERE'."
            )


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{quote(name)[1:-1]} ({count:,})" for name, count in sorted(counts.items()))


def begin_reading(
    context: CommandContext,
    text: TextIO,
    files: Sequence[Path],
    options: ReadingOptions,
    choice: SourceChoice,
    *,
    keep_sources: bool,
) -> ImportFile:
    """Begin to read files: of the system that was named or is recognized, or our own.

    Args:
        context: of the command.
        text: the content of the files, one after the other.
        files: the files; only their names and their number matter.
        options: the options for our own format.
        choice: the system that users come from, and what its export does not say.
        keep_sources: whether each record keeps what its format needs to write it again.

    Raises:
        InvalidInput: if the format is unknown, or an option has an unusable value.
    """
    pieces = list(_read_beginning(text))
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
        choice.require_no_system_options()
        file_format = choose_format(files[0], options.file_format, IMPORT_EXTENSIONS)
        _require_joinable(files, file_format)
        read_options = options.read_options(keep_sources=keep_sources)
        return ImportFile(read_records(replayed, file_format, read_options), file_format)
    from userctl.formats.sources.options import SourceOptions  # noqa: PLC0415

    secret, advice = choice.secret_name(context.settings.password_secrets)
    source_options = SourceOptions(
        domain=choice.domain,
        secret=secret,
        roles=choice.roles(context.settings.roles),
        keep_sources=keep_sources,
        advice=[*advice],
    )
    records = read_source(replayed, system, source_options)
    rejects = rejects_format(system, beginning)
    _require_joinable(files, rejects)
    return ImportFile(
        records,
        rejects,
        system,
        source_options.losses,
        source_options.unmapped_roles,
        source_options.advice,
    )


def _require_joinable(files: Sequence[Path], file_format: str) -> None:
    if len(files) > 1 and file_format == "csv":
        raise InvalidInput(
            "Several files of CSV cannot be read as one: each has a header.",
            hint="Import them one after the other.",
        )


def _read_beginning(text: TextIO) -> Iterator[str]:
    length = 0
    while length < BEGINNING and (line := text.readline(LONGEST_RECORD)):
        yield line
        length += len(line)
