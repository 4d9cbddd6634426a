"""Where a password hash from a file is stored."""

from userctl.models.own_hash import foreign_hash_columns, hash_columns
from userctl.security.bcrypt_hash import is_bcrypt_hash


def imported_hash_columns(
    own: str, *, stand_in: str | None, unmatchable: str
) -> dict[str, str | None]:
    """Return the column values that store a hash that other programs may be unable to verify.

    Args:
        own: the hash.
        stand_in: the hash that other programs see while the user is disabled; None for an active
            user.
        unmatchable: the hash that other programs see if only userctl can verify ``own``.
    """
    if is_bcrypt_hash(own):
        return hash_columns(own, stand_in=stand_in)
    return foreign_hash_columns(own, stand_in=unmatchable)
