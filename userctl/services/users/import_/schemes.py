"""What is known of the passwords of an import before anything is written."""

from collections.abc import Iterable

from userctl.core.errors import SampleMismatch
from userctl.core.text import quote
from userctl.schemas.email_address import lookup_address
from userctl.schemas.transfer import PasswordSample, SchemeReport
from userctl.security import password_hashes
from userctl.security.bcrypt_hash import is_bcrypt_hash
from userctl.security.passwords import PasswordHasher
from userctl.services.users.import_.records import ImportedUser


def schemes_of(users: Iterable[ImportedUser]) -> list[SchemeReport]:
    """Return how many passwords of users are hashed with each scheme of another system."""
    found: dict[str, SchemeReport] = {}
    for user in users:
        hashed = user.hashed_password
        if hashed is None or is_bcrypt_hash(hashed):
            continue
        parsed = password_hashes.parse(hashed)
        known = found.setdefault(
            parsed.family, SchemeReport(scheme=parsed.family, count=0, seconds=0, weak=0)
        )
        known.count += 1
        known.weak += parsed.is_weak
        known.seconds = max(known.seconds, round(parsed.seconds, 3))
    return sorted(found.values(), key=lambda report: report.scheme)


def require_match(
    users: Iterable[ImportedUser], sample: PasswordSample, hasher: PasswordHasher
) -> None:
    """Make sure that a password is the one of a user who is imported.

    Raises:
        SampleMismatch: if not, or if the user is not in the file.
        MigrationSecretMissing: if the hash was made with a secret that is not there.
    """
    email = lookup_address(sample.email)
    user = next((user for user in users if user.email == email), None)
    if user is None:
        raise SampleMismatch(f"{quote(sample.email)} is none of the users in the file.")
    if user.hashed_password is None:
        raise SampleMismatch(f"{quote(sample.email)} has no password in the file.")
    if not hasher.verify(sample.password, user.hashed_password):
        raise SampleMismatch(
            f"The password of {quote(sample.email)} does not match the hash in the file.",
            hint="The export, the secret or the password is not the right one. "
            "Nothing was imported.",
        )
