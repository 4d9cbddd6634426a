"""The file that stores the tokens of ``userctl login``."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from userctl.core.actor import sanitize_name
from userctl.core.errors import UnsafeFile, UserctlError
from userctl.core.file_lock import lock_file
from userctl.core.secure_files import create_private_folder, read_private, write_private


@dataclass(frozen=True)
class StoredSession:
    """The content of the file.

    ``pending`` is the new refresh token while ``refresh_token`` is being exchanged for it, and
    empty otherwise. After an interruption, the one that the database has is the valid one.
    ``account`` is the address of the user at the last exchange.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: str
    database: str = ""
    pending: str = field(default="", repr=False)
    account: str = ""

    @property
    def ends_at(self) -> datetime:
        """When the session ends, however often it is refreshed; in UTC."""
        return datetime.fromisoformat(self.expires_at).astimezone(UTC)


class SessionFile:
    """A stored session: mode 0600, replaced atomically, refused if others can access it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> StoredSession | None:
        """Return the stored session, or None without a login.

        Raises:
            UnsafeFile: if others can access the file, or it is not a session file.
        """
        text = read_private(self.path)
        if text is None:
            return None
        try:
            session = StoredSession(**json.loads(text))
            if not all(isinstance(value, str) for value in asdict(session).values()):
                raise TypeError
            if datetime.fromisoformat(session.expires_at).tzinfo is None:
                raise ValueError
            _ = session.ends_at
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise UnsafeFile(
                f"{self.path} is not a session file.",
                hint="Remove it and run 'userctl login' again.",
            ) from None
        return session

    def logged_in_user(self, database: str) -> str | None:
        """Return the user who is logged in to a database; None without a readable login."""
        try:
            stored = self.load()
        except UserctlError:
            return None
        if stored is None or stored.database != database:
            return None
        return sanitize_name(stored.account)

    def save(self, session: StoredSession) -> None:
        """Replace the stored session."""
        write_private(self.path, json.dumps(asdict(session)) + "\n")

    def remove(self) -> None:
        """Remove the stored session, if there is one."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from changing the file during the block.

        Raises:
            DatabaseBusy: if another process holds the lock for too long.
        """
        create_private_folder(self.path.parent)
        with lock_file(self.path):
            yield
