"""The one place where settings become services, each built when it is first used.

The imports of services stand in strings and inside functions on purpose: a command pays only for
what it uses, and the rest of the package can import at the top.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

from userctl.config import homes
from userctl.config.paths import InstallationFiles, installation_files, require_database_file
from userctl.config.settings import Settings
from userctl.core.actor import Actor, machine_user
from userctl.core.clock import Clock, utc_now
from userctl.core.lazy import BuildLock, Lazy, lazy_property
from userctl.core.secure_files import create_private_folder

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from userctl.db.statement_spans import StatementSpans
    from userctl.db.transaction.unit_of_work import Database
    from userctl.security.access_token import AccessTokenCodec
    from userctl.security.keys import CurrentKeyring, KeySource
    from userctl.security.password_policy import PasswordPolicy
    from userctl.security.passwords import PasswordHasher
    from userctl.security.secret_files import SecretFiles
    from userctl.security.session_file import SessionFile
    from userctl.services.access.diagnosis import AccessService
    from userctl.services.apply.editing import UserEditService
    from userctl.services.apply.service import ApplyService
    from userctl.services.audit.summary import AuditSummaryService
    from userctl.services.audit.trail import AuditService
    from userctl.services.authentication.methods import AuthenticationContext, Authenticator
    from userctl.services.authentication.throttling import LoginThrottling
    from userctl.services.completion.values import CompletionService
    from userctl.services.database.adoption import AdoptionService
    from userctl.services.database.backup import BackupService
    from userctl.services.database.copy import CopyService
    from userctl.services.database.health import HealthService
    from userctl.services.database.metrics import MetricsService
    from userctl.services.database.schema import SchemaService
    from userctl.services.database.statistics import StatisticsService
    from userctl.services.doctor.installation import Installation
    from userctl.services.doctor.service import DoctorService
    from userctl.services.keys.audit import KeyAuditLog
    from userctl.services.keys.manage import KeyService
    from userctl.services.sessions.ending import SessionEndService
    from userctl.services.sessions.exchange import TokenExchange
    from userctl.services.sessions.introspection import IntrospectionService
    from userctl.services.sessions.issue import TokenIssuer, TokenLifetimes
    from userctl.services.sessions.listing import SessionListService
    from userctl.services.sessions.login import LoginService
    from userctl.services.sessions.stored_session import SessionService
    from userctl.services.sessions.verify import TokenVerifier
    from userctl.services.tokens.api import ApiTokenService
    from userctl.services.tokens.listing import TokenListService
    from userctl.services.tokens.purge import PurgeService
    from userctl.services.tokens.revocation import RevocationService
    from userctl.services.users.batch.service import UserBatchService
    from userctl.services.users.code_export import CodeExportService
    from userctl.services.users.export import UserExportService
    from userctl.services.users.import_ import UserImportService
    from userctl.services.users.listing import UserListService
    from userctl.services.users.manage import UserService
    from userctl.services.users.passwords import UserPasswordService
    from userctl.services.users.recycle_bin import RecycleBinService
    from userctl.services.users.status import UserStatusService


_NONE = object()


class Services:
    """The services and their parts, for the adapters.

    Args:
        settings: the settings to build from.
        notify: called with a note for the operator, such as that a database was created.
        clock: where the time comes from.
        creates_database: whether to create the embedded database if it does not exist.
        overrides: parts by name, each used instead of the one that the settings imply.
    """

    access: Lazy["AccessService"] = Lazy("services.access.diagnosis:AccessService")
    adoption: Lazy["AdoptionService"] = Lazy("services.database.adoption:AdoptionService")
    api_tokens: Lazy["ApiTokenService"] = Lazy("services.tokens.api:ApiTokenService")
    apply: Lazy["ApplyService"] = Lazy("services.apply.service:ApplyService")
    audit: Lazy["AuditService"] = Lazy("services.audit.trail:AuditService")
    audit_summary: Lazy["AuditSummaryService"] = Lazy("services.audit.summary:AuditSummaryService")
    backups: Lazy["BackupService"] = Lazy("services.database.backup:BackupService")
    completion: Lazy["CompletionService"] = Lazy("services.completion.values:CompletionService")
    copy: Lazy["CopyService"] = Lazy("services.database.copy:CopyService")
    doctor: Lazy["DoctorService"] = Lazy("services.doctor.service:DoctorService")
    health: Lazy["HealthService"] = Lazy("services.database.health:HealthService")
    introspection: Lazy["IntrospectionService"] = Lazy(
        "services.sessions.introspection:IntrospectionService"
    )
    keys: Lazy["KeyService"] = Lazy("services.keys.manage:KeyService")
    login: Lazy["LoginService"] = Lazy("services.sessions.login:LoginService")
    metrics: Lazy["MetricsService"] = Lazy("services.database.metrics:MetricsService")
    purge: Lazy["PurgeService"] = Lazy("services.tokens.purge:PurgeService")
    recycle_bin: Lazy["RecycleBinService"] = Lazy("services.users.recycle_bin:RecycleBinService")
    revocation: Lazy["RevocationService"] = Lazy("services.tokens.revocation:RevocationService")
    schema: Lazy["SchemaService"] = Lazy("services.database.schema:SchemaService")
    session_end: Lazy["SessionEndService"] = Lazy("services.sessions.ending:SessionEndService")
    session_list: Lazy["SessionListService"] = Lazy("services.sessions.listing:SessionListService")
    sessions: Lazy["SessionService"] = Lazy("services.sessions.stored_session:SessionService")
    statement_spans: Lazy["StatementSpans"] = Lazy("db.statement_spans:StatementSpans")
    statistics: Lazy["StatisticsService"] = Lazy("services.database.statistics:StatisticsService")
    throttling: Lazy["LoginThrottling"] = Lazy("services.authentication.throttling:LoginThrottling")
    token_exchange: Lazy["TokenExchange"] = Lazy("services.sessions.exchange:TokenExchange")
    token_issuer: Lazy["TokenIssuer"] = Lazy("services.sessions.issue:TokenIssuer")
    token_list: Lazy["TokenListService"] = Lazy("services.tokens.listing:TokenListService")
    token_verifier: Lazy["TokenVerifier"] = Lazy("services.sessions.verify:TokenVerifier")
    user_batches: Lazy["UserBatchService"] = Lazy("services.users.batch.service:UserBatchService")
    user_edit: Lazy["UserEditService"] = Lazy("services.apply.editing:UserEditService")
    user_export: Lazy["UserExportService"] = Lazy("services.users.export:UserExportService")
    code_export: Lazy["CodeExportService"] = Lazy("services.users.code_export:CodeExportService")
    user_import: Lazy["UserImportService"] = Lazy("services.users.import_:UserImportService")
    user_list: Lazy["UserListService"] = Lazy("services.users.listing:UserListService")
    user_passwords: Lazy["UserPasswordService"] = Lazy(
        "services.users.passwords:UserPasswordService"
    )
    user_status: Lazy["UserStatusService"] = Lazy("services.users.status:UserStatusService")
    users: Lazy["UserService"] = Lazy("services.users.manage:UserService")

    _authentication: Lazy["AuthenticationContext"] = Lazy(
        "services.authentication.methods:AuthenticationContext"
    )
    _codec: Lazy["AccessTokenCodec"] = Lazy("security.access_token:AccessTokenCodec")
    _database: Lazy["Database"] = Lazy("db.transaction.unit_of_work:Database")
    _engine: Lazy["Engine"] = Lazy("db.engine:pooled_engine")
    _hasher: Lazy["PasswordHasher"] = Lazy("security.passwords:password_hasher")
    _audit_log: Lazy["KeyAuditLog"] = Lazy("services.keys.audit:KeyAuditLog")
    _installation: Lazy["Installation"] = Lazy("services.doctor.installation:Installation")
    _lifetimes: Lazy["TokenLifetimes"] = Lazy("services.sessions.issue:token_lifetimes")
    _pool: Lazy["Mapping[str, Any]"] = Lazy("db.pool:pool_options")
    _policy: Lazy["PasswordPolicy"] = Lazy("security.password_policy:PasswordPolicy")

    def __init__(
        self,
        settings: Settings,
        *,
        notify: Callable[[str], None],
        clock: Clock = utc_now,
        creates_database: bool = False,
        **overrides: object,
    ) -> None:
        self._settings, self._url = settings, settings.database_url
        self._notify, self._clock = notify, clock
        self._creates_database = creates_database
        self.build_lock = BuildLock()
        self._problems, self._unusable = settings.problems, settings.unusable
        self._roles, self._subject = settings.roles, settings.token_subject
        self._issuer, self._audience = settings.token_issuer, settings.token_audience
        self._access_lifetime = timedelta(minutes=settings.access_token_minutes)
        self._longest_session = timedelta(days=settings.session_days)
        self._login_attempts = settings.login_attempts
        self._login_window = timedelta(minutes=settings.login_window_minutes)
        self._cost, self._minimum_length = settings.password_cost, settings.password_min_length
        self._password_upgrade = settings.password_upgrade
        self._adopted_hash_prefix = settings.adopted_hash_prefix
        self._actor = lambda: self._current_actor
        for name, part in overrides.items():
            setattr(self, f"_{name}", part)

    def part(self, name: str) -> Any:
        """Return the part of this name, or the service.

        A service takes a part that may fail or be slow as a function named ``open_`` and its name.
        """
        if name.startswith("open_"):
            return partial(self.part, name.removeprefix("open_"))
        private = f"_{name}"
        return getattr(self, private if getattr_static(self, private, _NONE) is not _NONE else name)

    def close(self) -> None:
        """Close every connection."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    def _authenticators(self, method: str) -> "Authenticator":
        from userctl.services.authentication import methods

        return methods.authenticator(method, self._authentication)

    @lazy_property
    def _keyring(self) -> "CurrentKeyring":
        from userctl.security.keys import CurrentKeyring, signing_keyring

        source, record = self._key_source, self._audit_log.record_generated
        return CurrentKeyring(
            source,
            lambda: signing_keyring(source, self._clock(), notify=self._notify, record=record),
        )

    @lazy_property
    def _key_source(self) -> "KeySource":
        source = self._find_keys()
        # An embedded keyring lies beside its database, which must exist first.
        if source.is_embedded and self._url.missing_file is not None:
            self._ready_engine()
        return source

    def _find_keys(self) -> "KeySource":
        """Return the source of the keys, and create nothing."""
        from userctl.security.keys import key_source

        return key_source(self._settings)

    @lazy_property
    def _password_secrets(self) -> "SecretFiles":
        from userctl.security.secret_files import SecretFiles

        return SecretFiles(self._settings.password_secrets)

    @lazy_property
    def _session_file(self) -> "SessionFile":
        from userctl.security.session_file import SessionFile

        return SessionFile(homes.session_path(self._settings.profile))

    @lazy_property
    def _files(self) -> InstallationFiles:
        return installation_files(self._settings)

    @lazy_property
    def _current_actor(self) -> Actor:
        folder = homes.find_in_home(homes.state_path)
        logged_in = folder and self._session_file.logged_in_user(self._url.identity)
        return Actor(self._settings.actor or logged_in or machine_user(), machine_user())

    def _ready_engine(self) -> "Engine":
        """Return the engine of a migrated database; create the embedded one if that is allowed."""
        from userctl.db.schema.revisions import require_current

        embedded = self._url.sqlite_path == homes.default_database_path()
        # A chosen path may be mistyped, or its disk may not be mounted.
        if not (embedded and self._creates_database):
            require_database_file(self._url)
        if embedded:
            create_private_folder(homes.data_path())
        if (missing := self._url.missing_file) is not None and self.schema.create(missing):
            self._notify(f"Created a new database at {missing}.")
        require_current(self._engine)
        return self._engine
