"""Hashes many passwords on all cores."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from userctl.security.passwords import PasswordHasher
from userctl.services.users.import_.records import ImportedUser, ParsedRecord


def hash_passwords(
    records: Sequence[ParsedRecord], hasher: PasswordHasher, on_hashed: Callable[[int], None]
) -> list[ImportedUser]:
    """Return the users of records, with the hashes of their passwords.

    Args:
        records: the parsed records.
        hasher: hashes the passwords; bcrypt lets other threads run meanwhile.
        on_hashed: called after each record with the number of records that are left.
    """
    if all(record.password is None for record in records):
        return [record.user for record in records]

    def hash_one(record: ParsedRecord) -> ImportedUser:
        if record.password is None:
            return record.user
        return record.user._replace(hashed_password=hasher.hash(record.password))

    users = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for user in pool.map(hash_one, records):
                users.append(user)
                on_hashed(len(records) - len(users))
        except BaseException:
            # An interrupt should not wait for hashes that no thread has begun.
            pool.shutdown(cancel_futures=True)
            raise
    return users
