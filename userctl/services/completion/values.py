"""Finds values for completion quickly, or not at all."""

from collections.abc import Iterable

from userctl.config.settings import Settings
from userctl.db.quick_read import quick_rows
from userctl.repositories import completion as statements
from userctl.security.key_ids import key_ids

Candidates = Iterable[tuple[str, str]]
"""Values, each with a description."""

_LAST_CHARACTER = "\U0010ffff"
"""The largest character: appended to a prefix, it sorts after all text with that prefix."""


class CompletionService:
    """Finds the values that begin with what was typed.

    It waits for nothing and creates nothing, and checks neither the schema nor the rows: values
    that cannot be read are not offered.

    Args:
        settings: where the database and the keys are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = settings.database_url

    def users(self, beginning: str, *, deleted: bool) -> Candidates:
        """Return users by their addresses, with their names."""
        return self._find(statements.DELETED_USERS if deleted else statements.USERS, beginning)

    def tokens(self, beginning: str) -> Candidates:
        """Return the latest active tokens by id, with their labels or owners."""
        return self._latest(statements.TOKENS, beginning)

    def user_ids(self, beginning: str) -> Candidates:
        """Return the ids of the latest users, with their addresses."""
        return self._latest(statements.USER_IDS, beginning)

    def event_ids(self, beginning: str) -> Candidates:
        """Return the ids of the latest events, with their tags."""
        return self._latest(statements.EVENT_IDS, beginning)

    def sessions(self, beginning: str) -> Candidates:
        """Return sessions by id, with their owners."""
        return self._find(statements.SESSIONS, beginning.lower())

    def keys(self) -> Candidates:
        """Return the keys that are not retired by id, with their states."""
        keyring = self._settings.keyring_file or self._url.embedded_keyring
        return key_ids(keyring) if keyring is not None else ()

    def _latest(self, statement: statements.Statement, beginning: str) -> Candidates:
        return [row for row in self._rows(statement, {}) if row[0].startswith(beginning)]

    def _find(self, statement: statements.Statement, beginning: str) -> Candidates:
        return self._rows(statement, {"first": beginning, "end": beginning + _LAST_CHARACTER})

    def _rows(self, statement: statements.Statement, values: dict[str, str]) -> Candidates:
        text = statement.sqlite if self._url.sqlite_path is not None else statement.postgresql
        rows = quick_rows(self._url, text, values)
        return [(str(word), str(meaning or "")) for word, meaning in rows]
