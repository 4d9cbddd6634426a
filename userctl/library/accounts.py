"""The entry point of the library."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

from userctl.config.loading import load_settings
from userctl.config.settings import SETTINGS, Settings
from userctl.container import Services
from userctl.core.actor import Actor, machine_user, sanitize_name
from userctl.core.errors import InvalidConfiguration
from userctl.core.tracing import span
from userctl.db.pool import calls
from userctl.library.inputs import normalize_settings, plain_value, require_type
from userctl.library.passwords import Passwords
from userctl.library.sessions import Sessions
from userctl.library.tokens import Tokens
from userctl.library.users import Users
from userctl.schemas.database import Health

logger = logging.getLogger(__name__)


def open_accounts(
    settings: Settings | str | None = None, *, create_database: bool = False, **values: Any
) -> "Accounts":
    """Open the users, sessions and tokens of a database.

    Nothing is connected before the first call, unless a database is to be created. Settings that
    are not given here come from the same places as on the command line: the environment, the config
    file and the defaults.

    Args:
        settings: the URL of the database alone, or all settings, such as those of other
            ``Accounts`` with changes; then neither the environment nor a file is read.
        create_database: whether to create an SQLite database if it does not exist.
        values: single settings by their names, such as ``pool_size=20``; they override all others.

    Raises:
        InvalidConfiguration: if a setting is unknown or cannot be used.
        InvalidInput: if ``create_database`` or ``profile`` is of a wrong type.
        TypeError: if both settings and single values are given, or two URLs.
    """
    require_type(create_database, bool, "create_database")
    if isinstance(settings, Settings):
        if values:
            raise TypeError("Pass either settings or single values, not both.")
        return Accounts(normalize_settings(settings), create_database=create_database)
    if settings is not None:
        if "database_url" in values:
            raise TypeError("Pass the URL of the database once.")
        values["database_url"] = settings
    for name in values.keys() - SETTINGS.keys() - {"profile"}:
        raise InvalidConfiguration(
            f"'{name}' is not a setting.", hint=f"The settings are: {', '.join(SETTINGS)}."
        )
    if values.get("profile") is not None:
        require_type(values["profile"], str, "profile")
    arguments = {name: plain_value(value) for name, value in values.items()}
    return Accounts(
        load_settings(arguments, flag_label="argument {name}"), create_database=create_database
    )


class Accounts:
    """The users, sessions and tokens of one database, to be shared by all threads of a process.

    A forked process gets its own connections. A fork waits for calls in progress; on SQLite, close
    all other connections of your application to the same file before it. Keys are read again when
    their file changes. Nothing is printed: notes go to the logger ``userctl``. Every call raises
    ``InvalidInput`` for an argument of a wrong type.

    Attributes:
        users: creating, finding, changing and deleting users.
        sessions: logging in and out, refreshing and ending sessions.
        tokens: verifying, issuing and revoking tokens.
        passwords: setting and changing passwords.
        settings: the settings in force.
    """

    def __init__(self, settings: Settings, *, create_database: bool = False) -> None:
        self.settings = settings
        self._actor: ContextVar[str | None] = ContextVar("userctl_actor", default=None)
        self._services = Services(
            settings,
            notify=logger.info,
            actor=self._current_actor,
        )
        if create_database and settings.database_url.missing_file is not None:
            with calls:
                self._services.schema.migrate("head")
        self.users = Users(self._services)
        self.sessions = Sessions(self._services)
        self.tokens = Tokens(self._services)
        self.passwords = Passwords(self._services)

    def health(self) -> Health:
        """Return whether the database can serve, within a few seconds and without an error."""
        with calls, span("accounts.health"):
            return self._services.health.check()[0]

    @contextmanager
    def acting_as(self, name: str) -> Iterator[None]:
        """Record the changes of this block in the audit trail under a name, such as an admin's.

        This applies only to the current thread or task.

        Args:
            name: the name or the e-mail address.
        """
        token = self._actor.set(require_type(name, str, "name"))
        try:
            yield
        finally:
            self._actor.reset(token)

    def close(self) -> None:
        """Close all connections. Calls after this open new ones."""
        self._services.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _current_actor(self) -> Actor:
        machine = machine_user()
        name = self._actor.get() or self.settings.actor
        return Actor(sanitize_name(name) if name else machine, machine)
