"""Hashes many passwords on all cores."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from userctl.security.passwords import PasswordHasher
from userctl.services.users.import_.records import Account, Parsed


def hashed(
    records: Sequence[Parsed], hasher: PasswordHasher, on_hashed: Callable[[int], None]
) -> list[Account]:
    """Return the accounts of records, with the hashes of their passwords.

    Args:
        records: what was parsed.
        hasher: what hashes; bcrypt lets other threads run meanwhile.
        on_hashed: called after each record with the number of those that are left.
    """
    if all(record.password is None for record in records):
        return [record.account for record in records]

    def account(record: Parsed) -> Account:
        if record.password is None:
            return record.account
        return record.account._replace(hashed_password=hasher.hash(record.password))

    accounts = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for each in pool.map(account, records):
                accounts.append(each)
                on_hashed(len(records) - len(accounts))
        except BaseException:
            # Who interrupts it does not want to wait for what nobody has begun.
            pool.shutdown(cancel_futures=True)
            raise
    return accounts
