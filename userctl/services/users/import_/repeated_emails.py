"""Finds addresses that occur in a file more than once."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence, Set

from userctl.services.users.import_.records import ImportedUser
from userctl.services.users.import_.tally import Tally

BUCKETS = 256


class RepeatedEmails:
    """Finds addresses that were added more than once, keeping only eight bytes of each.

    The database cannot tell: a trigger may set the times of a user that the import has just
    written, and a record that changed nothing leaves no trace.
    """

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(BUCKETS)]

    def add(self, emails: Iterable[str]) -> None:
        """Add addresses."""
        buckets = self._buckets
        for value in map(hash, emails):
            buckets[value % BUCKETS].append(value)

    def hashes(self) -> frozenset[int]:
        """Return the values of ``hash`` that more than one address had."""
        repeated: set[int] = set()
        for bucket in self._buckets:
            if len(set(bucket)) < len(bucket):
                repeated.update(value for value, count in Counter(bucket).items() if count > 1)
        return frozenset(repeated)


def reject_repeated(
    users: Sequence[ImportedUser], repeated: Set[int], named: set[str], tally: Tally
) -> Sequence[ImportedUser]:
    """Return the users that no earlier record has named, and reject the others.

    Users whose address need not be unique get their numbered address.

    Args:
        users: the users of some records.
        repeated: the result of :meth:`RepeatedEmails.hashes` for the whole file.
        named: the addresses of earlier records; those of these records are added.
        tally: counts the rejected records.
    """
    if not repeated:
        return users
    accepted = []
    for user in users:
        if hash(user.email) in repeated:
            if user.numbered is not None:
                user = user._replace(email=user.numbered)
            if user.email in named:
                tally.reject_repeated(user)
                continue
            named.add(user.email)
        accepted.append(user)
    return accepted
