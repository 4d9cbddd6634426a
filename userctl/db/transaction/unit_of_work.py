"""The unit of work: one transaction, rolled back unless it is committed."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from itertools import chain
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlmodel import Session

from userctl.core.actor import Actor, sanitize_name
from userctl.core.audit_chain import canonical_json
from userctl.core.tracing import trace_fields
from userctl.db.errors import translate_errors
from userctl.db.execution_options import READ_ONLY, SNAPSHOT
from userctl.db.transaction.commit import commit
from userctl.db.transaction.session import ConnectionSession
from userctl.models import DeletedUser, User
from userctl.repositories.api_tokens import ApiTokenRepository
from userctl.repositories.audit_events import AuditEventRepository
from userctl.repositories.audit_summary import AuditSummaryRepository
from userctl.repositories.database_stats import DatabaseStatsRepository
from userctl.repositories.declared_users import DeclaredUserRepository
from userctl.repositories.deleted_users import DeletedUserRepository
from userctl.repositories.login_throttles import LoginThrottleRepository
from userctl.repositories.new_events import NewEvent
from userctl.repositories.refresh_tokens import RefreshTokenRepository
from userctl.repositories.sessions import SessionRepository
from userctl.repositories.table_copy import TableCopyRepository
from userctl.repositories.token_exchange import TokenExchangeRepository
from userctl.repositories.token_purge import TokenPurgeRepository
from userctl.repositories.trail_end import TrailEnd
from userctl.repositories.user_batches import UserBatchRepository
from userctl.repositories.user_pages import UserPageRepository
from userctl.repositories.users import UserRepository
from userctl.schemas.audit import AuditTag

logger = logging.getLogger(__name__)

R = TypeVar("R")

EventParts = tuple[str, int | None, str | None, str]
"""The tag, the user, the target and the detail, in canonical JSON, of an event to record."""


def _repository(build: Callable[[Session], R]) -> cached_property[R]:
    """Return an attribute of a unit of work: a repository that is built when it is first used."""
    return cached_property(lambda uow: build(uow.session))


class UnitOfWork:
    """The repositories on one transaction; leaving the block without ``commit`` rolls back.

    Events for the audit trail are written at the commit.
    """

    users = _repository(UserRepository)
    user_pages = _repository(UserPageRepository)
    user_batches = _repository(UserBatchRepository)
    deleted_users = _repository(DeletedUserRepository)
    api_tokens = _repository(ApiTokenRepository)
    refresh_tokens = _repository(RefreshTokenRepository)
    sessions = _repository(SessionRepository)
    login_throttles = _repository(LoginThrottleRepository)
    token_purge = _repository(TokenPurgeRepository)
    database_stats = _repository(DatabaseStatsRepository)
    audit_events = _repository(AuditEventRepository)
    audit_summary = _repository(AuditSummaryRepository)
    table_copy = _repository(TableCopyRepository)
    declared_users = _repository(DeclaredUserRepository)

    # What a service does with each request needs no session, which takes long to build.
    token_exchange = cached_property(lambda uow: TokenExchangeRepository(uow.connection))
    trail_end = cached_property(
        lambda uow: TrailEnd(uow.connection, lambda: uow.audit_events.last_in_place())
    )

    def __init__(self, engine: Engine, actor: Callable[[], Actor], **options: Any) -> None:
        self._engine = engine
        self._options = options
        self._actor = actor
        self._session: ConnectionSession | None = None
        self._events: list[NewEvent] = []
        self._event_chunks: Iterable[list[NewEvent]] = ()

    def __enter__(self) -> Self:
        with translate_errors():
            self._connection = self._engine.connect()
        if self._options:
            self._connection.execution_options(**self._options)
        return self

    @property
    def session(self) -> ConnectionSession:
        """The session, built when a repository first needs one."""
        if self._session is None:
            self._session = ConnectionSession(self._connection)
        return self._session

    def begin(self) -> None:
        """Begin the transaction now; on SQLite this waits for other writers."""
        if not self._connection.in_transaction():
            self._connection.begin()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did, events included, if it raises an error."""
        event_count = len(self._events)
        try:
            with translate_errors(), self.session.begin_nested():
                yield
        except BaseException:
            del self._events[event_count:]
            raise

    @property
    def connection(self) -> Connection:
        """The connection of the transaction, for work that changes tables rather than rows."""
        self.begin()
        return self._connection

    def record(
        self,
        tag: AuditTag,
        now: datetime,
        *,
        user: User | DeletedUser | None = None,
        user_id: int | None = None,
        target: str | None = None,
        **detail: Any,
    ) -> None:
        """Record an event, which is committed with the changes of this unit of work.

        Args:
            tag: what happened.
            now: when.
            user: the user that it is about; the id and the address are recorded.
            user_id: the id of the user, if nothing else is known about them.
            target: what it is about, if not the user.
            detail: anything else that JSON can hold; never a secret.
        """
        if user is not None:
            user_id, target = user.id, target or str(user.email)
        safe_target = None if target is None else sanitize_name(target)
        text = canonical_json(detail | trace_fields())
        self._events.append(NewEvent(now, str(tag), *self._actor(), user_id, safe_target, text))

    def record_many(self, events: Iterable[Sequence[EventParts]], now: datetime) -> None:
        """Record events that may be too many to keep in memory.

        They precede those of :meth:`record`.

        Args:
            events: the events in chunks, which are read at the commit.
            now: when they happened.
        """
        actor, machine = self._actor()
        self._event_chunks = (
            [
                NewEvent(now, tag, actor, machine, user_id, target, detail)
                for tag, user_id, target, detail in chunk
            ]
            for chunk in events
        )

    def commit(self) -> None:
        """Write the recorded events and commit the transaction."""
        with translate_errors():
            transaction = None
            for events in chain(self._event_chunks, filter(None, [self._events])):
                transaction = self.trail_end.append(events)
            commit(self._session or self._connection, self._engine, transaction)
        for event in self._events:
            logger.info("committed %s, user %s", event.tag, event.user_id)
        self._events, self._event_chunks = [], ()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with translate_errors():
            try:
                if self._session is not None:
                    self._session.close()
            finally:
                self._connection.close()
        translate_errors().__exit__(kind, error, traceback)


class Database:
    """A database that is prepared when it is first used.

    Args:
        ready_engine: returns the engine of a database that is reachable and migrated, or raises.
        actor: returns who makes the changes.
    """

    def __init__(self, ready_engine: Callable[[], Engine], actor: Callable[[], Actor]) -> None:
        self._ready_engine = ready_engine
        self._engine: Engine | None = None
        self._actor = actor

    @property
    def engine(self) -> Engine:
        """The engine, for work that is not a transaction on rows.

        Threads that ask for it first check at the same time whether the database is ready, so that
        none also waits for the others if it does not answer.
        """
        if self._engine is None:
            self._engine = self._ready_engine()
        return self._engine

    def reading(self) -> UnitOfWork:
        """Return a read-only unit of work in which each query sees the latest commits."""
        return UnitOfWork(self.engine, self._actor, **{READ_ONLY: True})

    def snapshot(self) -> UnitOfWork:
        """Return a read-only unit of work in which all queries see the same moment."""
        return UnitOfWork(self.engine, self._actor, **{READ_ONLY: True, SNAPSHOT: True})

    def writing(self) -> UnitOfWork:
        """Return a unit of work that may change rows."""
        return UnitOfWork(self.engine, self._actor)
