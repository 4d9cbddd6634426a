"""Adopting the tables of an application."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Engine

from userctl.config.database_url import DatabaseURL
from userctl.config.paths import require_database_file
from userctl.core.actor import Actor, sanitize_name
from userctl.core.audit_chain import canonical_json
from userctl.core.clock import Clock
from userctl.db.adoption.adopt import adopt_tables
from userctl.db.adoption.plan import plan_adoption
from userctl.db.adoption.tables import needs_rename
from userctl.db.schema.migrations import lock_schema
from userctl.db.schema.revisions import current_revision, revisions
from userctl.db.sqlite.backup import create_safety_copy
from userctl.db.sqlite.wal import enable_wal
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, EventParts, UnitOfWork
from userctl.schemas.adoption import AdoptionChoices, AdoptionOptions, AdoptionStep
from userctl.schemas.audit import AuditTag
from userctl.security.passwords import PasswordHasher

CHUNK = 5000
"""How many users are held in memory at once."""

DEFAULTS = AdoptionChoices()
"""The default choices."""


class AdoptionService:
    """The use cases of ``userctl db adopt``; neither needs a migrated database.

    Args:
        engine: the engine of the database.
        url: its URL.
        actor: returns who adopts the tables.
        clock: where the time comes from.
        roles: the configured roles.
        hasher: makes an unmatchable hash for users without one.
    """

    def __init__(
        self,
        engine: Engine,
        url: DatabaseURL,
        *,
        actor: Callable[[], Actor],
        clock: Clock,
        roles: Sequence[str],
        hasher: PasswordHasher,
    ) -> None:
        self._engine = engine
        self._url = url
        self._database = Database(lambda: engine, actor)
        self._clock = clock
        self._roles = tuple(roles)
        self._null_hash = hasher.removed_hash()

    @retry_transactions
    def plan(self, choices: AdoptionChoices = DEFAULTS) -> list[AdoptionStep]:
        """Return the steps, the warnings and the problems of an adoption; nothing is changed.

        Tables with other names than ours are renamed and locked temporarily, and then rolled back.

        Raises:
            DatabaseNotReady: if there is nothing to adopt, or it cannot be read.
            InvalidInput: if tokens are declared as plaintext that userctl may have hashed already,
                or a table is missing.
        """
        self._require_file()
        options = self._options(choices)
        with self._database.reading() as uow:
            renames = needs_rename(uow.connection, options)
            changes = [] if renames else plan_adoption(uow.connection, options)
        if renames:
            with self._database.writing() as uow:
                changes = plan_adoption(uow.connection, options)
        return [change.record for change in changes]

    @retry_transactions
    def adopt(
        self,
        choices: AdoptionChoices = DEFAULTS,
        *,
        on_copy: Callable[[Path], object] = lambda _path: None,
    ) -> list[AdoptionStep]:
        """Adopt the tables, completely or not at all, and return what was done.

        Args:
            choices: as for :meth:`plan`.
            on_copy: called with the path of the copy that is made of an SQLite file before it is
                adopted for the first time.

        Raises:
            AdoptionRefused: if a problem must be fixed first.
            DatabaseNotReady, InvalidInput: as :meth:`plan` does.
        """
        self._require_file()
        with self._database.writing() as uow:
            lock_schema(uow.connection)
            before = current_revision(uow.connection)

            def copy_file() -> None:
                if self._url.sqlite_path is not None and before is None:
                    on_copy(create_safety_copy(self._url.sqlite_path, before, self._clock()))

            done = adopt_tables(uow.connection, self._options(choices), prepare=copy_file)
            # The journal mode belongs to no table and changes below, after the transaction: two
            # concurrent adoptions may both switch it, although only one of them adopts anything.
            steps = [step for step in done if step.kind == "step" and step.table is not None]
            if steps:
                rows = {f"{step.table}.{step.subject}": step.rows for step in steps if step.rows}
                if before is None:
                    uow.record_many(_role_events(uow), self._clock())
                uow.record(
                    AuditTag.DATABASE_ADOPT,
                    self._clock(),
                    before=before,
                    after=revisions()[-1],
                    steps=len(steps),
                    rows=rows,
                )
            uow.commit()
        if self._engine.dialect.name == "sqlite":
            enable_wal(self._engine)
        return done

    def _options(self, choices: AdoptionChoices) -> AdoptionOptions:
        return AdoptionOptions(
            **choices.model_dump(),
            now=self._clock(),
            roles=self._roles,
            null_hash=self._null_hash,
        )

    def _require_file(self) -> None:
        require_database_file(self._url)


def _role_events(uow: UnitOfWork) -> Iterator[Sequence[EventParts]]:
    """Yield an event for each user who already had another role than the default."""
    tag = AuditTag.ACCOUNT_ADOPT.value
    for users in uow.user_pages.chunks(("id", "email", "role"), CHUNK):
        events = [
            (tag, user_id, sanitize_name(str(email or "")), canonical_json({"role": role}))
            for user_id, email, role in users
            if role != "user"
        ]
        if events:
            yield events
