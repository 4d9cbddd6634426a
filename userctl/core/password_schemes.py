"""The schemes of password hashes, and the prefixes of their hashes."""

from collections.abc import Mapping
from typing import Literal

PasswordScheme = Literal[
    "bcrypt",
    "argon2",
    "bcrypt-variant",
    "crypt",
    "digest",
    "firebase",
    "hmac-sha512",
    "ldap",
    "pbkdf2",
    "pepper",
    "scrypt",
    "unknown",
]
"""The scheme of a user's password hash; userctl itself writes ``bcrypt``."""

PREFIXES: Mapping[PasswordScheme, tuple[str, ...]] = {
    "argon2": ("$argon2", "argon2$", "{argon2}"),
    "bcrypt-variant": ("$2", "bcrypt$", "bcrypt_sha256$", "$bcrypt-", "$wp$2", "{bcrypt}", "{blf-"),
    "crypt": ("$1$", "$5$", "$6$", "$apr1$", "$p$", "$h$", "{crypt}"),
    "digest": ("md5$", "sha1$", "sha256$", "sha512$", "$digest-"),
    "firebase": ("$firescrypt$",),
    "hmac-sha512": ("$hmac-sha512$",),
    "ldap": ("{ssha", "{sha", "{md5}", "{smd5}"),
    "pbkdf2": ("pbkdf2_", "pbkdf2:", "$pbkdf2", "{pbkdf2", "aqaaaa"),
    "pepper": ("$pepper$",),
    "scrypt": ("scrypt$", "scrypt:", "$scrypt$"),
}
"""The prefixes of hashes of other systems, regardless of case."""

VERSION_PREFIXES = ("1|", "2|", "3|")
"""What Nextcloud writes before a hash: the version of its hasher."""

SECRET_NAME = r"[A-Za-z0-9_.-]{1,50}"  # noqa: S105 - it is a pattern.
"""The pattern of the name of a secret that hashes of another system were made with."""
