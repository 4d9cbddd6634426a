"""Hashing of many passwords on all cores."""

import os
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor

from userctl.security.passwords import PasswordHasher


def hash_all(passwords: Iterable[str], hasher: PasswordHasher) -> Generator[str, None, None]:
    """Yield the hashes of passwords in their order; bcrypt lets other threads run meanwhile.

    Close it if something else may end the loop; it then begins no more hashes.
    """
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            yield from pool.map(hasher.hash, passwords)
        except BaseException:
            # An interrupt should not wait for hashes that no thread has begun.
            pool.shutdown(cancel_futures=True)
            raise
