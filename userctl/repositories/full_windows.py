"""The windows of ``login_throttles`` that refuse every login."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Text, cast, func
from sqlmodel import col, or_, select

from userctl.models import LoginThrottle


@dataclass(frozen=True)
class FullWindows:
    """Windows that are current, in use and full.

    Attributes:
        limit: how many charges a window admits.
        now: the current time.
        latest_end: a window that ends later was opened by a clock that has been set back since.
        trusted_since: a bucket of a single source is in use if a login succeeded after this time.
    """

    limit: int
    now: datetime
    latest_end: datetime
    trusted_since: datetime

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on a row."""
        ends_at = col(LoginThrottle.window_ends_at)
        return [
            is_in_use(self.trusted_since),
            ends_at > self.now,
            ends_at <= self.latest_end,
            col(LoginThrottle.charges) >= self.limit,
        ]

    def digests(self) -> Select[Any]:
        """Return the query for the digests of the addresses."""
        # A row outlives its window, and only the time at which it may be deleted has an index.
        is_kept = col(LoginThrottle.expires_at) > self.now
        return select(LoginThrottle.address).where(is_kept, *self.conditions())


def is_in_use(trusted_since: datetime) -> ColumnElement[bool]:
    """Return the condition that a bucket is in use: the shared one, or that of a trusted source."""
    is_trusted = col(LoginThrottle.succeeded_at) > trusted_since
    return or_(col(LoginThrottle.source) == "", is_trusted)


def address_digest(connection: Connection, address: Any) -> Any:
    """Return the expression for the digest under which an address is throttled.

    Args:
        connection: the database.
        address: the column with the address.
    """
    if connection.dialect.name == "postgresql":
        utf8 = func.convert_to(cast(address, Text), "UTF8")
        return func.encode(func.sha256(utf8), "hex")
    # Text that is invalid in its encoding can only be read as bytes.
    is_utf8 = connection.exec_driver_sql("PRAGMA encoding").scalar() == "UTF-8"
    return func.userctl_sha256(cast(address, LargeBinary) if is_utf8 else address)
