"""One setting, as it may be shown."""

from pydantic import BaseModel


class SettingRead(BaseModel):
    """A setting, its value with secrets masked, and where that came from."""

    key: str
    value: str | None
    source: str
