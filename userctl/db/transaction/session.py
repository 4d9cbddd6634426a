"""The session of a unit of work."""

from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session


class ConnectionSession(Session):
    """A session in the transaction of a connection, on which statements may also run directly.

    A session takes several times as long as a connection to begin and to commit, so it joins the
    transaction only when the first row is loaded through it. What a service does with each request
    loads none.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, expire_on_commit=False, join_transaction_mode="control_fully")
        self._connection = connection

    def connection(self, *args: Any, **options: Any) -> Connection:
        """Return the connection, within the savepoints of the session."""
        if self.in_transaction():
            return super().connection(*args, **options)
        if not self._connection.in_transaction():
            self._connection.begin()
        return self._connection

    def close(self) -> None:
        """Release the loaded rows, if any; the transaction belongs to the connection."""
        if self.in_transaction() or self.identity_map:
            super().close()

    def commit(self) -> None:
        """Commit the transaction."""
        if self.in_transaction():
            super().commit()
        else:
            self._connection.commit()
