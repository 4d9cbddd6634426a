"""Finds the addresses that a file names more than once."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence, Set

from userctl.services.users.import_.records import ImportedUser
from userctl.services.users.import_.tally import Tally

BUCKETS = 256


class RepeatedEmails:
    """Finds addresses that were added more than once, and holds only eight bytes of each.

    What the database holds cannot tell: a trigger may set the times of a user that the import has
    just written, and a record that changed nothing leaves no trace.
    """

    def __init__(self) -> None:
        self._buckets = [array("q") for _ in range(BUCKETS)]

    def add(self, emails: Iterable[str]) -> None:
        """Add addresses."""
        buckets = self._buckets
        for value in map(hash, emails):
            buckets[value % BUCKETS].append(value)

    def hashes(self) -> frozenset[int]:
        """Return the values of ``hash`` that more than one of the addresses had."""
        found: set[int] = set()
        for bucket in self._buckets:
            if len(set(bucket)) < len(bucket):
                found.update(value for value, count in Counter(bucket).items() if count > 1)
        return frozenset(found)


def reject_repeated(
    users: Sequence[ImportedUser], repeated: Set[int], named: set[str], tally: Tally
) -> Sequence[ImportedUser]:
    """Return the users that no earlier record has named, and reject the others.

    Users who may share an address with others get the one with their number.

    Args:
        users: the users of some records.
        repeated: what :meth:`RepeatedEmails.hashes` returned for the whole file.
        named: the addresses of earlier records, to which these are added.
        tally: counts the rejected ones.
    """
    if not repeated:
        return users
    first = []
    for user in users:
        if hash(user.email) in repeated:
            if user.numbered is not None:
                user = user._replace(email=user.numbered)
            if user.email in named:
                tally.reject_repeated(user)
                continue
            named.add(user.email)
        first.append(user)
    return first
