"""One run of the command line: what was asked for, and what serves it."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import typer

from userctl import schemas
from userctl.cli.output.render import Renderer, flush, write_error
from userctl.config.loading import load_settings
from userctl.config.settings import Settings
from userctl.container import Services
from userctl.core.errors import ConfirmationRequired, Declined, InvalidInput
from userctl.core.text import escape_invisible

if TYPE_CHECKING:
    from logging import Logger

    from pydantic import BaseModel

    from userctl.schemas.page import Page


@dataclass
class CommandContext:
    """What the options that all commands share ask for, and the services they lead to."""

    flags: Mapping[str, str] = field(default_factory=dict)
    no_input: bool = False
    debug: bool = False
    verbosity: int = 0
    quiet: bool = False
    fields: Sequence[str] | None = None
    printed: Sequence[str] = ()
    _stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return load_settings(self.flags)

    @cached_property
    def services(self) -> Services:
        """The services of this run."""
        # A database that comes into being is told of even where no notes are wanted.
        return Services(self.settings, notify=write_error)

    @property
    def known_output(self) -> str | None:
        """The output format, if the settings have been read."""
        return self.settings.output if "settings" in self.__dict__ else None

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a prompt."""
        return not self.no_input and sys.stdin is not None and sys.stdin.isatty()

    def pick_fields(self, text: str) -> None:
        """Print only the fields named in a comma-separated list.

        Raises:
            InvalidInput: naming the fields there are.
        """
        known = _field_names(self.printed)
        names = [name.strip() for name in text.split(",")]
        for name in names:
            if name not in known:
                raise InvalidInput(
                    f"There is no field '{name[:40]}'.", hint=f"The fields are {', '.join(known)}."
                )
        if len(set(names)) < len(names):
            raise InvalidInput("A field is named twice.")
        self.fields = names

    def prints(self, schema: str) -> None:
        """Settle which of the schemas that a command can print it prints this time.

        Raises:
            InvalidInput: if a field was picked that this one lacks.
        """
        self.printed = (schema,)
        if self.fields is not None:
            self.pick_fields(",".join(self.fields))

    def require_printed(self, name: str) -> None:
        """Make sure that a field that is shown only once will be.

        Raises:
            InvalidInput: if the options leave it out.
        """
        if self.quiet or (self.fields is not None and name not in self.fields):
            raise InvalidInput(f"The {name.replace('_', ' ')} would not be printed, and be lost.")

    def emit(self, record: "BaseModel") -> None:
        """Print one record."""
        self._renderer.record(record)

    def emit_or_undo(self, record: "BaseModel", undo: Callable[[], object]) -> None:
        """Print a record that nobody can be shown again, and make sure that it arrived.

        Args:
            record: what to print.
            undo: called where that fails, so that no secret is in force that nobody holds.
        """
        try:
            self.emit(record)
            flush()
        except BaseException:
            undo()
            raise

    def emit_all(self, records: Iterable["BaseModel"], columns: Sequence[str]) -> None:
        """Print many records; ``columns`` are those of a table."""
        self._renderer.records(records, columns, _field_names(self.printed))

    def emit_page(self, page: "Page[Any]", columns: Sequence[str]) -> None:
        """Print one page of a list, and say how to see the rest if there is one."""
        self.emit_all(page.items, columns)
        if page.more:
            self.note(f"There are more: go on with --after {page.items[-1].id}, or give --all.")

    def note(self, text: str) -> None:
        """Tell the operator something that is no payload."""
        if not self.quiet:
            write_error(text)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Go on only with a yes, from the option or from a person.

        Raises:
            ConfirmationRequired: if nobody is there to ask.
            Declined: if the answer is no.
        """
        if yes:
            return
        if not self.interactive:
            raise ConfirmationRequired(
                "This needs a confirmation and nobody is there to ask.", hint="Give --yes."
            )
        if not typer.confirm(escape_invisible(question), err=True):
            raise Declined("Nothing was changed.")

    def log(self, message: str) -> None:
        """Log what this run does; the first time decides whether anything is."""
        self._logger.info(message)

    @cached_property
    def _logger(self) -> "Logger":
        import logging

        from userctl.cli.logging import logging_to_stderr

        as_json = self.verbosity > 0 and self.settings.log_format == "json"
        self._stack.enter_context(logging_to_stderr(self.verbosity, as_json=as_json))
        return logging.getLogger(__name__)

    def ended(self, code: int) -> None:
        """Close what was opened, and log the exit code."""
        if "services" in self.__dict__:
            self.services.close()
        if "_logger" in self.__dict__:
            self.log(f"exit code {code}")
        self._stack.close()

    @property
    def _renderer(self) -> Renderer:
        return Renderer(self.settings.output, quiet=self.quiet, fields=self.fields)


def _field_names(printed: Sequence[str]) -> list[str]:
    names = (name for schema in printed for name in getattr(schemas, schema).model_fields)
    return list(dict.fromkeys(names))
