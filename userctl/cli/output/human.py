"""Relative times and sizes in human units."""

from datetime import datetime, timedelta

_UNITS = (
    ("y", timedelta(days=365)),
    ("mo", timedelta(days=30)),
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
)
_SIZES = ("KiB", "MiB", "GiB", "TiB")


def relative_time(time: datetime, now: datetime) -> str:
    """Return how far away a time is: ``3 h ago``, ``in 7 d``, ``now``."""
    distance = abs(time - now)
    for unit, length in _UNITS:
        if distance >= length:
            text = f"{distance // length} {unit}"
            return f"in {text}" if time > now else f"{text} ago"
    return "now"


def human_size(size: int) -> str:
    """Return a number of bytes in the largest unit that it reaches."""
    if size < 1024:
        return f"{size} B"
    power = min((size.bit_length() - 1) // 10, len(_SIZES))
    return f"{size / 1024**power:.1f} {_SIZES[power - 1]}"
