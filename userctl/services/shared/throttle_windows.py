"""How long charges for logins count, and which windows are full."""

from datetime import datetime, timedelta

from userctl.repositories.full_windows import FullWindows

TRUST = timedelta(days=30)
"""How long after a success a source has a bucket of its own."""

MEMORY = timedelta(hours=24)
"""How long after the end of its window a charge is still shown, and a count still kept."""

CLOCK_SLACK = timedelta(minutes=5)
"""How far apart synchronized clocks may be, and how long a statement may wait for its turn.

A window that ends later than a new one would, plus this slack, was opened before the clock was set
back. Without the slack, a guess that overtook another would open a new window.
"""


def latest_end(now: datetime, window: timedelta) -> datetime:
    """Return the latest time at which a window of this length may end."""
    return now + window + CLOCK_SLACK


def full_windows(now: datetime, attempts: int, window: timedelta) -> FullWindows:
    """Return the windows that refuse every login.

    Args:
        now: the time.
        attempts: how many logins a window admits.
        window: how long a window is.
    """
    return FullWindows(attempts, now, latest_end(now, window), now - TRUST)
