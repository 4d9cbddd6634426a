"""The stored session, as shown."""

from datetime import datetime

from userctl.schemas.users import UserRead


class SessionRead(UserRead):
    """The user who is logged in, the end of the session, and its file."""

    session_expires_at: datetime
    session_file: str
