"""The tables."""

from userctl.models.api_token import ApiToken
from userctl.models.audit_event import AuditEvent
from userctl.models.deleted_user import DeletedUser
from userctl.models.login_throttle import LoginThrottle
from userctl.models.refresh_token import RefreshToken
from userctl.models.user import User

__all__ = ["ApiToken", "AuditEvent", "DeletedUser", "LoginThrottle", "RefreshToken", "User"]
