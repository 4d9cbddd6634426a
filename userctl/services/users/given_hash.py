"""Where the hash of a password is stored that a file gave."""

from userctl.models.own_hash import foreign_hash_columns, hash_columns
from userctl.security.bcrypt_hash import is_bcrypt_hash


def given_hash_columns(
    own: str, *, stand_in: str | None, unmatchable: str
) -> dict[str, str | None]:
    """Return the values of the columns that store a hash, which other programs may not verify.

    Args:
        own: the hash.
        stand_in: what other programs are to see of a disabled user; None for an active one.
        unmatchable: what they are to see where only userctl verifies the hash.
    """
    if is_bcrypt_hash(own):
        return hash_columns(own, stand_in=stand_in)
    return foreign_hash_columns(own, stand_in=unmatchable)
