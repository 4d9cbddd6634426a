"""The stored session, as it may be shown."""

from datetime import datetime

from userctl.schemas.users import UserRead


class SessionRead(UserRead):
    """The account that is logged in, when its session ends and where that is kept."""

    session_expires_at: datetime
    session_file: str
