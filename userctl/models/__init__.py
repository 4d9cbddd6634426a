"""The tables."""

from userctl.models.api_token import ApiToken
from userctl.models.audit_event import AuditEvent
from userctl.models.base import Base
from userctl.models.deleted_user import DeletedUser
from userctl.models.login_throttle import LoginThrottle
from userctl.models.refresh_token import RefreshToken
from userctl.models.user import User

__all__ = [
    "TABLES",
    "ApiToken",
    "AuditEvent",
    "DeletedUser",
    "LoginThrottle",
    "RefreshToken",
    "User",
]

TABLES = tuple(table.name for table in Base.metadata.sorted_tables)
"""The names of all tables, each after the tables that it refers to."""
