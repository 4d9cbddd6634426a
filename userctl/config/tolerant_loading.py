"""Loading of as many settings as possible, to examine an installation that may be broken."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from userctl.config import loading
from userctl.config.settings import SETTINGS, Settings
from userctl.core.errors import InvalidConfiguration

T = TypeVar("T")

_FILE_SETTINGS = frozenset(name for name, setting in SETTINGS.items() if not setting.secret)
"""The settings that a config file may contain."""

_MOST_BAD_LINES = 20
"""How many lines of a config file may be skipped before it counts as unreadable."""


def load_readable_settings(
    flags: Mapping[str, str], environ: Mapping[str, str] = os.environ, file: Path | None = None
) -> Settings:
    """Return the settings that can be read, with the errors of the others.

    ``problems`` of the settings lists what :func:`userctl.config.loading.load_settings` would
    have raised, and ``unusable`` names the settings whose value is unknown because of that.

    Args:
        flags: as for that function.
        environ: as for that function.
        file: as for that function.
    """
    return _TolerantLoader(flags, environ, file).load()


class _TolerantLoader:
    def __init__(
        self, flags: Mapping[str, str], environ: Mapping[str, str], file: Path | None
    ) -> None:
        self._problems: list[InvalidConfiguration] = []
        self._unusable: set[str] = set()
        self._flags, self._environ, self._file = flags, environ, file
        self._profile = flags.get("profile", environ.get("USERCTL_PROFILE"))

    def load(self) -> Settings:
        """Return the settings."""
        overrides = {
            **loading.find_in_environment(self._environ),
            **loading.find_in_flags(self._flags),
        }
        found = self._find_in_file()
        # The file does not matter where something else overrides it.
        self._unusable -= overrides.keys()
        found |= overrides
        values = {}
        for name, (raw, place) in found.items():
            parsed = self._attempt(lambda n=name, r=raw, p=place: (loading.parse(n, r, p),))  # type: ignore[misc]
            if parsed is None:
                self._unusable.add(name)
            else:
                (values[name],) = parsed
        origins = {name: found[name][1] if name in values else "default" for name in SETTINGS}
        return Settings(
            **values,
            profile=self._profile,
            origins=origins,
            problems=tuple(self._problems),
            unusable=frozenset(self._unusable),
        )

    def _find_in_file(self) -> dict[str, loading.FoundValue]:
        file = self._file or self._attempt(lambda: loading.config_file(self._profile))
        if file is None:
            # The chosen profile can only be in it.
            self._mark_unusable(SETTINGS if self._problems else ())
            return {}
        document = self._attempt(lambda: loading.read_document(file))
        if document is None:
            document = self._read_without_bad_lines(file)
        if document is None:
            self._mark_unusable(SETTINGS)
            return {}
        common = {name: value for name, value in document.items() if name != "profiles"}
        found = self._check_section(common, str(file))
        if (profile := self._profile) is not None:
            section = self._attempt(lambda: loading.profile_section(document, profile, file))
            if section is None:
                self._mark_unusable(SETTINGS)
                return found
            found |= self._check_section(section, f"profile '{profile}' in {file}")
        return found

    def _check_section(
        self, section: Mapping[str, Any], place: str
    ) -> dict[str, loading.FoundValue]:
        found: dict[str, loading.FoundValue] = {}
        for name, value in section.items():
            values = self._attempt(lambda n=name, v=value: loading.check_section({n: v}, place))  # type: ignore[misc]
            if values is None:
                self._mark_unusable([name])
            found |= values or {}
        return found

    def _read_without_bad_lines(self, file: Path) -> dict[str, Any] | None:
        """Return the content of a file without its invalid lines; None if that is ambiguous."""
        try:
            lines = loading.read_text(file).splitlines()
        except (OSError, ValueError, InvalidConfiguration):
            return None
        for _ in range(_MOST_BAD_LINES):
            try:
                return tomllib.loads("\n".join([*lines, ""]))
            except (ValueError, RecursionError) as error:
                found = re.search(r"\(at line (\d+),", str(error))
            number = int(found[1]) - 1 if found else len(lines)
            # Without its heading, a section would be taken for a part of the one before it.
            if number >= len(lines) or re.match(r"\s*\[", lines[number]):
                return None
            self._mark_unusable(re.findall(r"^\s*([A-Za-z0-9_-]+)\s*=", lines[number]))
            lines[number] = ""
        return None

    def _mark_unusable(self, names: Iterable[str]) -> None:
        """Note that the values of settings are unknown; a name may be misspelled."""
        for name in names:
            meant = (
                [name] if name in SETTINGS else get_close_matches(name, _FILE_SETTINGS, cutoff=0.8)
            )
            self._unusable.update(_FILE_SETTINGS.intersection(meant[:1]))

    def _attempt(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InvalidConfiguration as error:
            self._problems.append(error)
            return None
