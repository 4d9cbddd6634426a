"""The one place where settings become services, each built when it is first used.

The imports stand inside the properties on purpose: a command pays only for what it uses, and the
rest of the package can import at the top.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from userctl.config.paths import InstallationFiles, installation_files
from userctl.config.settings import Settings, default_database_path, state_path
from userctl.core.actor import Actor, machine_user, sanitize_name
from userctl.core.clock import Clock, utc_now
from userctl.core.errors import DatabaseMissing, UserctlError
from userctl.core.secure_files import create_private_folder

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from userctl.db.transaction.unit_of_work import Database
    from userctl.security.keys import KeySource
    from userctl.security.passwords import PasswordHasher, PasswordPolicy
    from userctl.security.session_file import SessionFile
    from userctl.services.audit.trail import AuditService
    from userctl.services.authentication.methods import AuthenticationContext
    from userctl.services.authentication.throttling import LoginThrottling
    from userctl.services.database.adoption import AdoptionService
    from userctl.services.database.backup import BackupService
    from userctl.services.database.copy import CopyService
    from userctl.services.database.health import HealthService
    from userctl.services.database.metrics import MetricsService
    from userctl.services.database.schema import SchemaService
    from userctl.services.database.statistics import StatisticsService
    from userctl.services.doctor import DoctorService
    from userctl.services.keys.audit import KeyAuditLog
    from userctl.services.keys.manage import KeyService
    from userctl.services.sessions.login import LoginService
    from userctl.services.sessions.refresh import TokenService
    from userctl.services.sessions.stored import SessionService
    from userctl.services.tokens.api import ApiTokenService
    from userctl.services.tokens.listing import TokenListService
    from userctl.services.tokens.purge import PurgeService
    from userctl.services.tokens.revocation import RevocationService
    from userctl.services.users.export import UserExportService
    from userctl.services.users.import_ import UserImportService
    from userctl.services.users.listing import UserListService
    from userctl.services.users.manage import UserService
    from userctl.services.users.recycle_bin import RecycleBinService


class Services:
    """Everything the command line can ask for.

    Args:
        settings: the settings to build from.
        notify: called with a note for the operator, such as that a database was created.
        clock: where the time comes from.
    """

    def __init__(
        self, settings: Settings, *, notify: Callable[[str], None], clock: Clock = utc_now
    ) -> None:
        self._settings = settings
        self._notify = notify
        self._clock = clock

    @cached_property
    def users(self) -> "UserService":
        """Users."""
        from userctl.services.users.manage import UserService

        return UserService(
            self._database,
            hasher=self._hasher,
            policy=self._policy,
            roles=self._settings.roles,
            clock=self._clock,
        )

    @cached_property
    def recycle_bin(self) -> "RecycleBinService":
        """Accounts that go, and those that have gone."""
        from userctl.services.users.recycle_bin import RecycleBinService

        return RecycleBinService(
            self._database,
            longest_session=timedelta(days=self._settings.session_days),
            clock=self._clock,
        )

    @cached_property
    def user_list(self) -> "UserListService":
        """Many accounts."""
        from userctl.services.users.listing import UserListService

        return UserListService(self._database, roles=self._settings.roles)

    @cached_property
    def user_import(self) -> "UserImportService":
        """Accounts from a file."""
        from userctl.services.users.import_ import UserImportService

        return UserImportService(
            self._database,
            hasher=self._hasher,
            policy=self._policy,
            roles=self._settings.roles,
            clock=self._clock,
        )

    @cached_property
    def user_export(self) -> "UserExportService":
        """Accounts for a file."""
        from userctl.services.users.export import UserExportService

        return UserExportService(self._database)

    @cached_property
    def login(self) -> "LoginService":
        """Logging in."""
        from userctl.services.authentication.methods import authenticator
        from userctl.services.sessions.login import LoginService

        return LoginService(
            lambda method: authenticator(method, self._authentication_context),
            tokens=self.tokens,
            database=self._database,
            clock=self._clock,
        )

    @cached_property
    def api_tokens(self) -> "ApiTokenService":
        """The tokens of machines."""
        from userctl.services.authentication.methods import authenticator
        from userctl.services.tokens.api import ApiTokenService

        return ApiTokenService(
            self._database,
            authenticator=authenticator("api-token", self._authentication_context),
            subject=self._settings.token_subject,
            clock=self._clock,
        )

    @cached_property
    def throttling(self) -> "LoginThrottling":
        """Limits on failed logins."""
        from userctl.services.authentication.throttling import LoginThrottling

        return LoginThrottling(
            self._database,
            attempts=self._settings.login_attempts,
            window=timedelta(minutes=self._settings.login_window_minutes),
            clock=self._clock,
        )

    @cached_property
    def tokens(self) -> "TokenService":
        """Access and refresh tokens."""
        from userctl.security.access_token import AccessTokenCodec
        from userctl.security.keys import signing_keyring
        from userctl.services.sessions.refresh import TokenLifetimes, TokenService

        settings = self._settings
        return TokenService(
            self._database,
            codec=AccessTokenCodec(
                signing_keyring(
                    self._key_source,
                    self._clock(),
                    notify=self._notify,
                    record=self._key_audit_log.generated,
                ),
                issuer=settings.token_issuer,
                audience=settings.token_audience,
            ),
            lifetimes=TokenLifetimes(
                access=timedelta(minutes=settings.access_token_minutes),
                refresh=timedelta(days=settings.refresh_token_days),
                session=timedelta(days=settings.session_days),
                subject=settings.token_subject,
            ),
            clock=self._clock,
        )

    @cached_property
    def sessions(self) -> "SessionService":
        """The stored session."""
        from userctl.services.sessions.stored import SessionService

        return SessionService(
            self._session_file,
            database=self._settings.database_url.identity,
            tokens=lambda: self.tokens,
            revocation=self.revocation,
        )

    @cached_property
    def token_list(self) -> "TokenListService":
        """Tokens as records."""
        from userctl.services.tokens.listing import TokenListService

        return TokenListService(self._database, clock=self._clock)

    @cached_property
    def revocation(self) -> "RevocationService":
        """The end of tokens."""
        from userctl.services.tokens.revocation import RevocationService

        return RevocationService(self._database, clock=self._clock)

    @cached_property
    def keys(self) -> "KeyService":
        """Signing keys."""
        from userctl.services.keys.manage import KeyService

        return KeyService(self._key_source, clock=self._clock, record=self._key_audit_log)

    @cached_property
    def purge(self) -> "PurgeService":
        """Removal of tokens that have ended."""
        from userctl.services.tokens.purge import PurgeService

        return PurgeService(
            self._database,
            longest_session=timedelta(days=self._settings.session_days),
            clock=self._clock,
        )

    @cached_property
    def audit(self) -> "AuditService":
        """The audit trail."""
        from userctl.services.audit.trail import AuditService

        return AuditService(self._database, clock=self._clock)

    @cached_property
    def metrics(self) -> "MetricsService":
        """Numbers for monitors."""
        from userctl.services.database.metrics import MetricsService

        return MetricsService(self._database, clock=self._clock)

    @cached_property
    def statistics(self) -> "StatisticsService":
        """The size of the database."""
        from userctl.services.database.statistics import StatisticsService

        return StatisticsService(self._database, clock=self._clock)

    @cached_property
    def schema(self) -> "SchemaService":
        """The schema of the database."""
        from userctl.services.database.schema import SchemaService

        return SchemaService(
            self._engine,
            self._settings.database_url,
            actor=lambda: self._actor,
            clock=self._clock,
        )

    @cached_property
    def backups(self) -> "BackupService":
        """Backups of the database."""
        from userctl.services.database.backup import BackupService

        return BackupService(
            self._engine,
            self._settings.database_url,
            schema=self.schema,
            clock=self._clock,
            protected=[*self._files.secrets, *self._files.database],
        )

    @cached_property
    def copy(self) -> "CopyService":
        """Copies of the database elsewhere."""
        from userctl.services.database.copy import CopyService

        return CopyService(
            self._database,
            self._settings.database_url,
            actor=lambda: self._actor,
            clock=self._clock,
        )

    @cached_property
    def doctor(self) -> "DoctorService":
        """Everything that may be wrong."""
        from userctl.security.keys import key_source
        from userctl.services.doctor import DoctorService
        from userctl.services.doctor.contents import ContentChecks
        from userctl.services.doctor.database import DatabaseChecks

        return DoctorService(
            self._settings.database_url,
            files=self._files,
            # Not the property, which would create a missing database.
            keys=lambda: key_source(self._settings),
            schema=lambda: self.schema,
            database=DatabaseChecks(lambda: self._engine, self._settings.database_url),
            contents=lambda: ContentChecks(
                self._database,
                hasher=self._hasher,
                longest_session=timedelta(days=self._settings.session_days),
                clock=self._clock,
            ),
            clock=self._clock,
        )

    @cached_property
    def adoption(self) -> "AdoptionService":
        """The tables of an application."""
        from userctl.services.database.adoption import AdoptionService

        return AdoptionService(
            self._engine,
            self._settings.database_url,
            actor=lambda: self._actor,
            clock=self._clock,
            roles=self._settings.roles,
            unmatchable=self._hasher.unmatchable(),
        )

    @cached_property
    def health(self) -> "HealthService":
        """Whether the database can serve."""
        from userctl.services.database.health import HealthService

        return HealthService(lambda: self._engine, clock=self._clock)

    def close(self) -> None:
        """Close every connection."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    @cached_property
    def _key_audit_log(self) -> "KeyAuditLog":
        from userctl.services.keys.audit import KeyAuditLog

        return KeyAuditLog(self._database, clock=self._clock, notify=self._notify)

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from userctl.security.passwords import PasswordHasher

        return PasswordHasher(cost=self._settings.password_cost)

    @cached_property
    def _policy(self) -> "PasswordPolicy":
        from userctl.security.passwords import PasswordPolicy

        return PasswordPolicy(minimum_length=self._settings.password_min_length)

    @cached_property
    def _authentication_context(self) -> "AuthenticationContext":
        from userctl.services.authentication.methods import AuthenticationContext

        return AuthenticationContext(
            self._database, self._hasher, self._policy, self.throttling, self._clock
        )

    @cached_property
    def _key_source(self) -> "KeySource":
        from userctl.security.keys import key_source

        source = key_source(self._settings)
        # An embedded keyring lies beside its database, so that one has to be there first.
        if source.embedded and self._settings.database_url.missing_file is not None:
            self._ready_engine()
        return source

    @cached_property
    def _engine(self) -> "Engine":
        from userctl.db.engine import database_engine

        return database_engine(self._settings.database_url)

    @cached_property
    def _database(self) -> "Database":
        from userctl.db.transaction.unit_of_work import Database

        return Database(self._ready_engine, lambda: self._actor)

    @cached_property
    def _session_file(self) -> "SessionFile":
        from userctl.security.session_file import SessionFile

        profile = self._settings.profile
        name = "session.json" if profile is None else f"session-{profile}.json"
        return SessionFile(state_path() / name)

    @property
    def _files(self) -> InstallationFiles:
        return installation_files(self._settings, self._session_file.path)

    @cached_property
    def _actor(self) -> Actor:
        machine = machine_user()
        return Actor(self._settings.actor or self._logged_in() or machine, machine)

    def _logged_in(self) -> str | None:
        """Return the account that is logged in to this database, as its session file says."""
        try:
            stored = self._session_file.load()
        except UserctlError:
            return None
        if stored is None or stored.database != self._settings.database_url.identity:
            return None
        return sanitize_name(stored.account)

    def _ready_engine(self) -> "Engine":
        from userctl.db.schema.revisions import require_current

        url = self._settings.database_url
        if url.sqlite_path == default_database_path():
            create_private_folder(url.sqlite_path.parent)
        if (path := url.missing_file) is not None:
            self._create_database(path)
        require_current(self._engine)
        return self._engine

    def _create_database(self, path: Path) -> None:
        # A path that somebody chose may be mistyped, or its disk not mounted.
        if path != default_database_path():
            raise DatabaseMissing(f"There is no database at {path}.")
        if self.schema.create(path):
            self._notify(f"Created a new database at {path}.")
