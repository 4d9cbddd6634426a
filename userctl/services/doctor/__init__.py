"""Examines an installation and says what is wrong and what to do about it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from userctl.config.database_url import DatabaseURL
from userctl.config.paths import InstallationFiles
from userctl.core.clock import Clock
from userctl.core.errors import DatabaseMissing, UserctlError
from userctl.db.transaction.unit_of_work import Database
from userctl.schemas.database import CheckRead
from userctl.security.keys import KeySource
from userctl.security.passwords import PasswordHasher
from userctl.services.database.schema import SchemaService
from userctl.services.doctor.contents import ContentChecks
from userctl.services.doctor.database import DatabaseChecks
from userctl.services.doctor.files import leftovers, modes
from userctl.services.doctor.finding import Check, Finding
from userctl.services.doctor.keys import signing_key


class DoctorService:
    """Runs all checks, except those that need what another check found broken.

    Args:
        url: the database.
        files: the files of the installation.
        find_keys: returns where the signing keys are.
        open_engine: returns the engine, without checking the database.
        open_schema: returns the service that knows the schema.
        database: the database, used once it is known to be usable.
        hasher: knows the cost of password hashes.
        longest_session: how long a session can last.
        clock: where the time comes from.
    """

    def __init__(
        self,
        url: DatabaseURL,
        *,
        files: InstallationFiles,
        find_keys: Callable[[], KeySource],
        open_engine: Callable[[], Engine],
        open_schema: Callable[[], SchemaService],
        database: Database,
        hasher: PasswordHasher,
        longest_session: timedelta,
        clock: Clock,
    ) -> None:
        self._url = url
        self._files = files
        self._find_keys = find_keys
        self._open_schema = open_schema
        self._database = DatabaseChecks(open_engine, url)
        self._contents = ContentChecks(
            database, hasher=hasher, longest_session=longest_session, clock=clock
        )
        self._clock = clock

    def examine(self, *, fix: bool = False) -> Iterator[CheckRead]:
        """Yield the findings, one check after the other.

        Args:
            fix: fix what can be fixed without losing anything.
        """
        for name, check in self._checks():
            findings = _run(check)
            fixes = [found.fix for found in findings if found.fix is not None]
            if fix and fixes:
                failures = [_run(partial(_apply, each)) for each in fixes]
                findings = [*_run(check), *(found for some in failures for found in some)]
            for found in findings:
                yield CheckRead(
                    check=name,
                    status=found.status,
                    message=found.message,
                    advice=found.advice,
                    fixed=bool(fix and fixes and found.status == "ok"),
                )

    def _checks(self) -> Iterator[tuple[str, Check]]:
        yield "files", partial(modes, self._files)
        yield "leftovers", partial(leftovers, self._files)
        yield "signing_key", partial(signing_key, self._find_keys, self._clock)
        # Wait only once for a file that others have locked.
        connection = _run(self._connection)
        yield "connection", lambda: connection
        if any(found.status == "failure" for found in connection):
            return
        status = self._open_schema().status()
        yield "schema", partial(self._database.schema, status)
        if self._url.sqlite_path is not None:
            yield "sqlite_version", self._database.sqlite_version
            yield "journal", self._database.journal
            yield "integrity", self._database.integrity
        if status.state != "current":
            return
        if self._url.sqlite_path is not None:
            yield "tokens", self._database.tokens
        else:
            yield "integrity", self._database.integrity
            yield "role", self._database.role
        yield "clock", self._contents.clock
        yield "expired_tokens", self._contents.backlog
        yield "passwords", self._contents.passwords
        yield "admins", self._contents.admins
        yield "audit_trail", self._contents.audit_trail

    def _connection(self) -> list[Finding]:
        if (path := self._url.missing_file) is not None:
            raise DatabaseMissing(f"There is no database at {path}.")
        return [*self._database.connection()]


def _run(check: Check) -> list[Finding]:
    try:
        return [*check()]
    except UserctlError as error:
        return [Finding("failure", error.message, error.hint)]
    except OSError as error:
        return [Finding("failure", f"{error.filename}: {error.strerror}.", None)]


def _apply(fix: Callable[[], object]) -> list[Finding]:
    fix()
    return []
