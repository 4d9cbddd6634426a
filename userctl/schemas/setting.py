"""One setting, as shown."""

from pydantic import BaseModel


class SettingRead(BaseModel):
    """A setting, its value with secrets masked, and the origin of the value."""

    key: str
    value: str | None
    source: str
