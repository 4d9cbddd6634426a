"""The values of arguments and options, from the settings, the database and the keyring."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from userctl.cli.completion.names import Command, Parameter, load_names
from userctl.config.loading import load_settings, profile_names
from userctl.config.settings import Settings
from userctl.container import Services

Suggestions = Iterable[tuple[str, str]]
"""Values, each with its meaning."""


class Values:
    """The values that parameters of one command may have.

    Args:
        path: the command as it is typed, such as ``user list``.
        command: its names.
        options: the values of the options before the cursor, by name.
    """

    def __init__(self, path: str, command: Command, options: Mapping[str, str]) -> None:
        self._path = path
        self._command = command
        self._options = options

    def suggest(self, parameter: Parameter, beginning: str) -> Suggestions:
        """Return values of a parameter that begin with a text, and perhaps others."""
        if parameter["choices"]:
            return _without_meaning(parameter["choices"])
        source = SOURCES.get(parameter["name"]) or SOURCES.get(parameter["value"])
        values = source(self, beginning) if source is not None else ()
        if beginning.startswith("-"):
            return values
        # A value that looks like an option would be read as one.
        return ((word, meaning) for word, meaning in values if not word.startswith("-"))

    def users(self, beginning: str) -> Suggestions:
        """Return users by the beginning of their address, or deleted ones that can be restored."""
        deleted = self._path == "user restore"
        return self._services.completion.users(beginning.lower(), deleted=deleted)

    def emails(self, beginning: str) -> Suggestions:
        """Return users who may log in; the address of a new user cannot be known."""
        return self.users(beginning) if self._path == "login" else ()

    def tokens(self, beginning: str) -> Suggestions:
        """Return ids of tokens."""
        return self._services.completion.tokens(beginning)

    def positions(self, beginning: str) -> Suggestions:
        """Return ids after which a list may begin."""
        completion = self._services.completion
        ids = completion.event_ids if self._path == "audit list" else completion.user_ids
        return ids(beginning)

    def sessions(self, beginning: str) -> Suggestions:
        """Return ids of sessions."""
        return self._services.completion.sessions(beginning)

    def keys(self, _beginning: str) -> Suggestions:
        """Return ids of keys."""
        return self._services.completion.keys()

    def roles(self, _beginning: str) -> Suggestions:
        """Return the configured roles."""
        return _without_meaning(self._settings.roles)

    def profiles(self, _beginning: str) -> Suggestions:
        """Return the profiles of the config file."""
        return _without_meaning(profile_names())

    def fields(self, beginning: str) -> Suggestions:
        """Return fields, after those that are already listed."""
        listed, comma, _ = beginning.rpartition(",")
        known = self._command["fields"]
        return _without_meaning(
            f"{listed}{comma}{name}" for name in known if name not in listed.split(",")
        )

    def sort_fields(self, beginning: str) -> Suggestions:
        """Return the fields that a list can be sorted by, in descending order after a hyphen."""
        descending = "-" if beginning.startswith("-") else ""
        return _without_meaning(f"{descending}{name}" for name in self._command["sort_fields"])

    def tags(self, _beginning: str) -> Suggestions:
        """Return audit tags."""
        return load_names()["tags"].items()

    @cached_property
    def _settings(self) -> Settings:
        flags = ("database_url", "profile")
        return load_settings({name: self._options[name] for name in flags if name in self._options})

    @cached_property
    def _services(self) -> Services:
        return Services(self._settings, notify=lambda _note: None)


SOURCES: Mapping[str, Callable[[Values, str], Suggestions]] = {
    "USER": Values.users,
    "EMAIL": Values.emails,
    "TOKEN_ID": Values.tokens,
    "SESSION": Values.sessions,
    "KID": Values.keys,
    "ROLE": Values.roles,
    "TAG": Values.tags,
    "profile": Values.profiles,
    "fields": Values.fields,
    "sort": Values.sort_fields,
    "after": Values.positions,
}
"""The sources of values, by the name of a parameter or by what its help calls the value."""


def _without_meaning(words: Iterable[str]) -> Suggestions:
    return ((word, "") for word in words)
