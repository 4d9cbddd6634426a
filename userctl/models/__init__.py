"""The tables."""

from userctl.models.refresh_token import RefreshToken
from userctl.models.user import User

__all__ = ["RefreshToken", "User"]
