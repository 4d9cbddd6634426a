"""What another user of the machine owns, and what they may do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

OTHER = 54_321
"""The id of another user and of their group."""


@contextmanager
def drop_privileges() -> Iterator[None]:
    """Give up the power of root to open every file, within the block."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(OTHER)
    try:
        yield
    finally:
        os.seteuid(before)
