"""What goes into services and comes out of them.

The names are resolved on first use (PEP 562), so that the command line can name a schema without
paying for pydantic when it only prints help.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from userctl.schemas.adoption import AdoptionOptions, AdoptionStep
    from userctl.schemas.audit import AuditEventRead, AuditHead, AuditQuery, AuditVerification
    from userctl.schemas.credentials import Credentials
    from userctl.schemas.database import (
        BackupRead,
        CheckRead,
        DatabaseStats,
        Health,
        MigrationRead,
        PurgeOptions,
        PurgeResult,
        RevokeResult,
        SchemaStatus,
        TableCopy,
        VacuumResult,
    )
    from userctl.schemas.keys import KeyRead
    from userctl.schemas.metrics import AccountCount, LastPurge, Metrics
    from userctl.schemas.session import SessionRead
    from userctl.schemas.setting import SettingRead
    from userctl.schemas.tokens import (
        AccessClaims,
        ApiTokenClaims,
        ApiTokenCreate,
        ApiTokenIssued,
        TokenPair,
        TokenQuery,
        TokenRead,
    )
    from userctl.schemas.transfer import (
        IMPORTED_FIELDS,
        UNUSED_FIELDS,
        FileRecord,
        ImportReport,
        ImportResult,
        Reject,
    )
    from userctl.schemas.users import (
        DeletedUserPurge,
        DeletedUserRead,
        UserCreate,
        UserCreated,
        UserDetail,
        UserQuery,
        UserRead,
        UserUpdate,
    )

_MODULES = {
    "IMPORTED_FIELDS": "transfer",
    "UNUSED_FIELDS": "transfer",
    "AccessClaims": "tokens",
    "AccountCount": "metrics",
    "AdoptionOptions": "adoption",
    "AdoptionStep": "adoption",
    "ApiTokenClaims": "tokens",
    "ApiTokenCreate": "tokens",
    "ApiTokenIssued": "tokens",
    "AuditEventRead": "audit",
    "AuditHead": "audit",
    "AuditQuery": "audit",
    "AuditVerification": "audit",
    "BackupRead": "database",
    "CheckRead": "database",
    "Credentials": "credentials",
    "DatabaseStats": "database",
    "DeletedUserPurge": "users",
    "DeletedUserRead": "users",
    "FileRecord": "transfer",
    "Health": "database",
    "ImportReport": "transfer",
    "ImportResult": "transfer",
    "KeyRead": "keys",
    "LastPurge": "metrics",
    "Metrics": "metrics",
    "MigrationRead": "database",
    "PurgeOptions": "database",
    "PurgeResult": "database",
    "Reject": "transfer",
    "RevokeResult": "database",
    "SchemaStatus": "database",
    "SessionRead": "session",
    "SettingRead": "setting",
    "TableCopy": "database",
    "TokenPair": "tokens",
    "TokenQuery": "tokens",
    "TokenRead": "tokens",
    "UserCreate": "users",
    "UserCreated": "users",
    "UserDetail": "users",
    "UserQuery": "users",
    "UserRead": "users",
    "UserUpdate": "users",
    "VacuumResult": "database",
}

__all__ = [
    "IMPORTED_FIELDS",
    "UNUSED_FIELDS",
    "AccessClaims",
    "AccountCount",
    "AdoptionOptions",
    "AdoptionStep",
    "ApiTokenClaims",
    "ApiTokenCreate",
    "ApiTokenIssued",
    "AuditEventRead",
    "AuditHead",
    "AuditQuery",
    "AuditVerification",
    "BackupRead",
    "CheckRead",
    "Credentials",
    "DatabaseStats",
    "DeletedUserPurge",
    "DeletedUserRead",
    "FileRecord",
    "Health",
    "ImportReport",
    "ImportResult",
    "KeyRead",
    "LastPurge",
    "Metrics",
    "MigrationRead",
    "PurgeOptions",
    "PurgeResult",
    "Reject",
    "RevokeResult",
    "SchemaStatus",
    "SessionRead",
    "SettingRead",
    "TableCopy",
    "TokenPair",
    "TokenQuery",
    "TokenRead",
    "UserCreate",
    "UserCreated",
    "UserDetail",
    "UserQuery",
    "UserRead",
    "UserUpdate",
    "VacuumResult",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"userctl.schemas.{_MODULES[name]}"), name)
