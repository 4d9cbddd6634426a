"""Hashes the passwords of an import."""

from collections.abc import Callable, Sequence
from contextlib import closing

from userctl.security.hashing import hash_all
from userctl.security.passwords import PasswordHasher
from userctl.services.users.import_.records import ImportedUser, ParsedRecord


def hash_passwords(
    records: Sequence[ParsedRecord], hasher: PasswordHasher, on_hashed: Callable[[int], None]
) -> list[ImportedUser]:
    """Return the users of records, with the hashes of their passwords.

    Args:
        records: the parsed records.
        hasher: hashes the passwords.
        on_hashed: called after each record with the number of remaining records.
    """
    passwords = [record.password for record in records if record.password is not None]
    if not passwords:
        return [record.user for record in records]
    users = []
    with closing(hash_all(passwords, hasher)) as hashes:
        for record in records:
            user = record.user
            if record.password is not None:
                user = user._replace(hashed_password=next(hashes))
            users.append(user)
            on_hashed(len(records) - len(users))
    return users
