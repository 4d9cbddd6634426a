"""Audit events of signing keys, which are kept in a file and not in the database."""

from collections.abc import Callable, Mapping
from typing import Any

from userctl.core.clock import Clock
from userctl.core.errors import DatabaseNotReady
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.audit import AuditTag


class KeyAuditLog:
    """Records changes of keys as soon as they are made.

    Args:
        database: the database.
        clock: where the time comes from.
        notify: called with a message if the event cannot be written; keys are changed anyway.
    """

    def __init__(self, database: Database, *, clock: Clock, notify: Callable[[str], None]) -> None:
        self._database = database
        self._clock = clock
        self._notify = notify

    def __call__(self, tag: AuditTag, kid: str, **detail: Any) -> None:
        """Record an event about the key with an id, with any detail that JSON can hold."""
        try:
            self._record(tag, kid, detail)
        except DatabaseNotReady as error:
            self._notify(f"The change was not recorded in the audit trail: {error.message}")

    def record_generated(self, kid: str) -> None:
        """Record that a key was generated at first use."""
        self(AuditTag.KEY_GENERATE, kid)

    @retry_transactions
    def _record(self, tag: AuditTag, kid: str, detail: Mapping[str, Any]) -> None:
        with self._database.writing() as uow:
            uow.record(tag, self._clock(), target=kid, **detail)
            uow.commit()
