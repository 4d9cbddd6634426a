"""Examines the passwords of an import before anything is written."""

from collections.abc import Iterable

from userctl.core.errors import SampleMismatch
from userctl.core.text import quote
from userctl.schemas.email_address import lookup_address
from userctl.schemas.transfer import PasswordSample, SchemeReport
from userctl.security import password_hashes
from userctl.security.bcrypt_hash import is_bcrypt_hash
from userctl.security.passwords import PasswordHasher
from userctl.services.users.import_.records import ImportedUser


def count_schemes(users: Iterable[ImportedUser]) -> list[SchemeReport]:
    """Count the passwords that are hashed with each scheme of another system."""
    reports: dict[str, SchemeReport] = {}
    for user in users:
        hashed = user.hashed_password
        if hashed is None or is_bcrypt_hash(hashed):
            continue
        parsed = password_hashes.parse(hashed)
        report = reports.setdefault(
            parsed.family, SchemeReport(scheme=parsed.family, count=0, seconds=0, weak=0)
        )
        report.count += 1
        report.weak += parsed.is_weak
        report.seconds = max(report.seconds, round(parsed.seconds, 3))
    return sorted(reports.values(), key=lambda report: report.scheme)


def require_match(
    users: Iterable[ImportedUser], sample: PasswordSample, hasher: PasswordHasher
) -> None:
    """Make sure that a password matches the hash of an imported user.

    Raises:
        SampleMismatch: if it does not, or if the user is not in the file.
        MigrationSecretMissing: if the hash was made with a secret that is missing.
    """
    email = lookup_address(sample.email)
    user = next((user for user in users if user.email == email), None)
    if user is None:
        raise SampleMismatch(f"The file has no user {quote(sample.email)}.")
    if user.hashed_password is None:
        raise SampleMismatch(f"{quote(sample.email)} has no password in the file.")
    if not hasher.verify(sample.password, user.hashed_password):
        raise SampleMismatch(
            f"The password of {quote(sample.email)} does not match the hash in the file.",
            hint="The export, the secret or the password is wrong. Nothing was imported.",
        )
