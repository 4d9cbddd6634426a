"""One run of the command line: the shared options, the services, and where results go."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from userctl.cli.errors import JSON_FORMATS, error_code, print_error
from userctl.cli.output.fields import field_names, parse_fields
from userctl.cli.output.listing import LISTINGS
from userctl.cli.output.render import Renderer, flush, is_terminal, write_error
from userctl.config.loading import load_settings
from userctl.config.paths import InstallationFiles, installation_files
from userctl.config.settings import Settings
from userctl.container import Services
from userctl.core.errors import InvalidInput, RowUnreadable

if TYPE_CHECKING:
    from logging import Logger

    from pydantic import BaseModel

    from userctl.cli.run_records import RunRecorder
    from userctl.cli.tracing import RunTrace
    from userctl.schemas.page import AnyPage


@dataclass
class CommandContext:
    """The values of the shared options, and the services that they lead to.

    Attributes:
        flags: the settings that were passed as options.
        no_input: never prompt.
        debug: show tracebacks.
        verbosity: how much to log.
        quiet: print only ids, and no notes.
        fields: the fields to print; None for all.
        raw: print the value of the one field alone.
        no_header: print tables and CSV without the names of the columns.
        no_pager: print long tables at once.
        is_list: whether the command is a list, which ends with a total on a terminal.
        shows_secret: whether it prints a secret that cannot be shown again.
        schemas: the schemas of the records that the command may print.
        creates_database: whether the command has a reason to create the embedded database. With
            the wrong HOME, one that only reads, changes or deletes would succeed on an empty one.
        load: reads the settings.
        exit_code: the exit code if nothing else goes wrong.
        error: the error that ended the command, or after which it continued.
        trace: the span of this run, if the environment names a collector.
        recorder: records how this run ended, if it is one of a scheduled command.
    """

    flags: Mapping[str, str] = field(default_factory=dict)
    no_input: bool = False
    debug: bool = False
    verbosity: int = 0
    quiet: bool = False
    fields: Sequence[str] | None = None
    raw: bool = False
    no_header: bool = False
    no_pager: bool = False
    is_list: bool = False
    shows_secret: bool = False
    schemas: "Sequence[type[BaseModel]]" = ()
    creates_database: bool = False
    load: Callable[[Mapping[str, str]], Settings] = load_settings
    exit_code: int = 0
    error: BaseException | None = None
    trace: "RunTrace | None" = None
    recorder: "RunRecorder | None" = None
    _stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.load(self.flags)

    @cached_property
    def services(self) -> Services:
        """The services of this run, which say even with --quiet that a database was created."""
        create = self.creates_database
        services = Services(self.settings, notify=write_error, creates_database=create)
        if self.trace is not None and self.verbosity > 1:
            self.trace.trace_statements(services.statement_spans.record_with)
        return services

    @cached_property
    def files(self) -> InstallationFiles:
        """The files of the installation, which no output may replace."""
        return installation_files(self.settings)

    @property
    def known_output(self) -> str | None:
        """The output format, if the settings have been read."""
        return self.settings.output if "settings" in self.__dict__ else None

    @property
    def is_interactive(self) -> bool:
        """Whether a prompt can be answered."""
        return self.why_not_interactive is None

    @property
    def why_not_interactive(self) -> str | None:
        """Why no prompt can be answered; None if one can."""
        if self.no_input:
            return "--no-input was given"
        if sys.stdin is None or not sys.stdin.isatty():
            return "standard input is not a terminal"
        return None

    def pick_fields(self, text: str) -> None:
        """Print only the fields named in a comma-separated list.

        Raises:
            InvalidInput: for an unknown field, naming those there are, and for a repeated one.
        """
        self.fields = parse_fields(text, field_names(self.schemas))

    def pick_raw_field(self, default: str | None) -> None:
        """Choose the one field to print by its value alone: the picked one, or else the default.

        Raises:
            InvalidInput: if that is not one field, or an option asks for another format.
        """
        if self.quiet or "output" in self.flags:
            raise InvalidInput("--raw cannot be used with --quiet or --output.")
        if self.fields is None and default is not None:
            self.fields = [default]
        if self.fields is None or len(self.fields) != 1:
            raise InvalidInput(
                "--raw prints the value of one field.", hint="Pick it with --fields NAME."
            )
        self.raw = True

    def choose_schema(self, schema: "type[BaseModel]") -> None:
        """Choose the schema to print, of those that the command may print.

        Raises:
            InvalidInput: if a field was picked that this one lacks.
        """
        self.schemas = (schema,)
        if self.fields is not None:
            self.pick_fields(",".join(self.fields))

    def require_field(self, name: str) -> None:
        """Make sure that a field that is printed only once is not left out.

        Raises:
            InvalidInput: if the options leave it out.
        """
        self.shows_secret = True
        if self.quiet or (self.fields is not None and name not in self.fields):
            option = "--quiet" if self.quiet else "--fields"
            raise InvalidInput(
                f"{option} would lose the {name.replace('_', ' ')}, printed this once."
            )

    def emit(self, record: "BaseModel") -> None:
        """Print one record."""
        self._renderer.print_record(record)

    def emit_or_undo(self, record: "BaseModel", undo: Callable[[], object]) -> None:
        """Print a record that cannot be shown again, and make sure that it arrived.

        Args:
            record: what to print.
            undo: called if printing fails, so that no secret stays valid that was never shown.
        """
        self.shows_secret = True
        try:
            self.emit(record)
            flush()
        except BaseException:
            undo()
            raise

    def emit_all(self, records: Iterable["BaseModel"], columns: Sequence[str]) -> None:
        """Print many records; ``columns`` are those of a table.

        A list ends with its total on a terminal, or with what to do if it is empty.
        """
        number = self._renderer.print_records(records, columns)
        listing = LISTINGS.get(self.schemas[0].__name__) if self.schemas else None
        if listing and self.is_list and is_terminal() and self.settings.output == "table":
            self.note(listing.closing_line(number))

    def emit_page(self, page: "AnyPage[Any]", columns: Sequence[str]) -> None:
        """Print one page of a list, and say how to see the rest if there is one."""
        if not page.more:
            self.emit_all(page.items, columns)
            return
        number = self._renderer.print_records(page.items, columns)
        # Without a total: counting would read every row that the filters match.
        self.note(
            f"Showing {number}, and there are more. "
            f"Next page: --after {page.after}. Everything: --all."
        )

    def note(self, text: str) -> None:
        """Write a note to standard error, unless --quiet was given."""
        if not self.quiet:
            write_error(text)

    def report_unreadable(self, error: "RowUnreadable") -> None:
        """Report a row that a list skips, and make the command fail at its end."""
        self.error = error
        self.exit_code = print_error(error, as_json=self.settings.output in JSON_FORMATS)

    def log(self, message: str) -> None:
        """Log a step of this run; the first call sets up logging."""
        self._logger.info(message)

    @cached_property
    def _logger(self) -> "Logger":
        import logging

        from userctl.cli.logging import log_to_stderr

        as_json = self.verbosity > 0 and self.settings.log_format == "json"
        trace = {} if self.trace is None else self.trace.fields
        self._stack.enter_context(log_to_stderr(self.verbosity, as_json=as_json, trace=trace))
        return logging.getLogger(__name__)

    def close(self, code: int) -> None:
        """Close what was opened, log the exit code and send the trace."""
        if "services" in self.__dict__:
            self.services.close()
        steps = [f"exit code {code}"]
        if self.recorder is not None:
            steps.append(self.recorder.record(code))
        if self.trace is not None:
            steps.append(self.trace.end(code, error_code(self.error)))
        if "_logger" in self.__dict__:
            for step in steps:
                self.log(step)
        self._stack.close()

    @property
    def _renderer(self) -> Renderer:
        return Renderer(
            "raw" if self.raw else self.settings.output,
            quiet=self.quiet,
            fields=self.fields,
            header=not self.no_header,
            use_pager=self.is_list and not self.no_pager,
            names=field_names(self.schemas),
        )
