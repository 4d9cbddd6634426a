"""A parsed hash of another system, and the limits that keep it harmless."""

from collections.abc import Callable
from dataclasses import dataclass, field

from userctl.core.errors import InvalidInput, PasswordLibraryMissing

LONGEST_HASH = 1024
"""How many characters a hash may have; the longest known hash has about 300."""

LONGEST_SECONDS = 4.0
"""How long a check may take by the declared cost, on a core of an ordinary server, in seconds."""

LARGEST_MEMORY = 2**30
"""How much memory a check may take, in bytes."""

SecretSource = Callable[[str], bytes]
"""Returns a secret of the project that a hash was made with, by its name."""


@dataclass(frozen=True)
class ParsedHash:
    """A hash that can be verified.

    Attributes:
        family: its row in the table of families.
        seconds: about how long a check takes, on a core of an ordinary server.
        memory: how much memory a check takes, in bytes.
        matches: tells whether a password, as bytes, matches.
        is_weak: whether a stolen hash can be reversed at negligible cost.
        secret: the name of the secret that the hash was made with, if there is one.
    """

    family: str
    seconds: float
    memory: int
    matches: Callable[[bytes, SecretSource], bool] = field(repr=False)
    is_weak: bool = False
    secret: str | None = None


def unusable_hash_error(reason: str) -> InvalidInput:
    """Return the error for a hash that is recognized but cannot be verified."""
    return InvalidInput(f"A password hash that cannot be verified: {reason}.")


def missing_library_error(hashes: str, requirement: str) -> PasswordLibraryMissing:
    """Return the error for hashes that need a library which is not installed."""
    library = requirement.partition(">")[0]
    return PasswordLibraryMissing(
        f"Verifying {hashes} needs the library '{library}', which is not installed.",
        hint=f"Install it with: pip install '{requirement}'",
    )


def require_affordable(seconds: float, memory: int = 0) -> None:
    """Make sure that a check of a hash costs no more than a login may.

    Raises:
        InvalidInput: if not.
    """
    if seconds > LONGEST_SECONDS:
        raise unusable_hash_error(
            f"it takes about {min(seconds, 1e9):,.0f} s to check, not {LONGEST_SECONDS}"
        )
    if memory > LARGEST_MEMORY:
        raise unusable_hash_error(f"it takes {memory / 2**20:,.0f} MiB to check, not 1,024")
