"""The values of arguments and options, from the settings, the database and the keyring."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from userctl.cli.completion.names import Command, Parameter, names
from userctl.config.loading import load_settings, profile_names
from userctl.config.settings import Settings
from userctl.container import Services

Found = Iterable[tuple[str, str]]


class Values:
    """The values that parameters of one command may have.

    Args:
        typed: what is typed for the command, such as ``user list``.
        command: its names.
        given: the options that were given before the cursor, by name.
    """

    def __init__(self, typed: str, command: Command, given: Mapping[str, str]) -> None:
        self._typed = typed
        self._command = command
        self._given = given

    def of(self, parameter: Parameter, beginning: str) -> Found:
        """Return values of a parameter that begin with a text, and perhaps others."""
        if parameter["choices"]:
            return _plain(parameter["choices"])
        source = SOURCES.get(parameter["name"]) or SOURCES.get(parameter["value"])
        found = source(self, beginning) if source is not None else ()
        if beginning.startswith("-"):
            return found
        # What looks like an option would be one.
        return ((word, meaning) for word, meaning in found if not word.startswith("-"))

    def users(self, beginning: str) -> Found:
        """Return users by the beginning of their address, or deleted ones to be restored."""
        deleted = self._typed == "user restore"
        return self._services.completion.users(beginning.lower(), deleted=deleted)

    def new_or_known(self, beginning: str) -> Found:
        """Return users who may log in; a user who is created has an address of their own."""
        return self.users(beginning) if self._typed == "login" else ()

    def tokens(self, beginning: str) -> Found:
        """Return ids of tokens."""
        return self._services.completion.tokens(beginning)

    def positions(self, beginning: str) -> Found:
        """Return ids after which a list may begin."""
        found = self._services.completion
        ids = found.event_ids if self._typed == "audit list" else found.user_ids
        return ids(beginning)

    def sessions(self, beginning: str) -> Found:
        """Return ids of sessions."""
        return self._services.completion.sessions(beginning)

    def keys(self, _beginning: str) -> Found:
        """Return ids of keys."""
        return self._services.completion.keys()

    def roles(self, _beginning: str) -> Found:
        """Return the configured roles."""
        return _plain(self._settings.roles)

    def profiles(self, _beginning: str) -> Found:
        """Return the profiles of the config file."""
        return _plain(profile_names())

    def fields(self, beginning: str) -> Found:
        """Return fields, after those that are listed already."""
        listed, comma, _ = beginning.rpartition(",")
        known = self._command["fields"]
        return _plain(f"{listed}{comma}{name}" for name in known if name not in listed.split(","))

    def sort_fields(self, beginning: str) -> Found:
        """Return the fields that a list can be sorted by, in descending order after a hyphen."""
        descending = "-" if beginning.startswith("-") else ""
        return _plain(f"{descending}{name}" for name in self._command["sort_fields"])

    def tags(self, _beginning: str) -> Found:
        """Return audit tags."""
        return names()["tags"].items()

    @cached_property
    def _settings(self) -> Settings:
        flags = ("database_url", "profile")
        return load_settings({name: self._given[name] for name in flags if name in self._given})

    @cached_property
    def _services(self) -> Services:
        return Services(self._settings, notify=lambda _note: None)


SOURCES: Mapping[str, Callable[[Values, str], Found]] = {
    "USER": Values.users,
    "EMAIL": Values.new_or_known,
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
"""Where values come from, by the name of a parameter or by what its help calls the value."""


def _plain(words: Iterable[str]) -> Found:
    return ((word, "") for word in words)
