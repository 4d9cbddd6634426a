"""The systems that users can come from, a file for each.

A new one is a file with a function ``read`` and a row in :data:`SOURCES`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from userctl.formats.rejects import RejectsFormat

if TYPE_CHECKING:
    from userctl.formats.sources.common import SourceOptions
    from userctl.schemas.transfer import FileRecord

Reader = Callable[[TextIO, "SourceOptions"], "Iterator[FileRecord]"]


@dataclass(frozen=True)
class Source:
    """A system that users can come from.

    Attributes:
        title: what its export is called.
        signs: patterns that the beginning of an export has, all of them.
    """

    title: str
    signs: tuple[str, ...]


SOURCES: Mapping[str, Source] = {
    "airflow": Source("Airflow's list of users", (r'"firstname"', r'"roles"\s*:\s*\[')),
    "aspnet": Source("the table AspNetUsers", (r"(?i)securitystamp", r"(?i)passwordhash")),
    "auth0": Source("Auth0's users", (r'"(custom_password_hash|password_hash)"|auth0\|',)),
    "cognito": Source("Cognito's list of users", (r'"UserStatus"',)),
    "devise": Source(
        "a table of Devise", (r"encrypted_password", r"reset_password_token|sign_in_count")
    ),
    "django": Source("Django's dumpdata", (r'"model"\s*:', r'"fields"\s*:')),
    "fastapi-users": Source(
        "a table of fastapi-users", (r"is_superuser", r"is_verified", r"hashed_password")
    ),
    "firebase": Source("Firebase's users", (r'"localId"',)),
    "flask-appbuilder": Source("the table ab_user", (r"fail_login_count",)),
    "flask-security": Source("a table of Flask-Security", (r"fs_uniquifier",)),
    "gitea": Source("Gitea's table of users", (r"passwd_hash_algo",)),
    "htpasswd": Source("an htpasswd file", (r"(?m)^[^:,\s{\[\"#]+:(\$(apr1|2y|5|6)\$|\{SHA\})",)),
    "keycloak": Source(
        "a realm of Keycloak",
        (r'"(createdTimestamp|requiredActions|realm)"', r'"users"|"credentials"'),
    ),
    "kratos": Source("Kratos' identities", (r'"traits"',)),
    "laravel": Source("a table of Laravel", (r"remember_token", r"email_verified_at")),
    "ldap": Source("LDIF", (r"(?im)^dn:",)),
    "nextcloud": Source("Nextcloud's table of users", (r"uid_lower",)),
    "supabase": Source(
        "the table auth.users of Supabase",
        (r"raw_app_meta_data|email_confirmed_at", r"encrypted_password"),
    ),
    "wordpress": Source("the table wp_users", (r"user_pass",)),
}
"""The systems by the names that are typed."""

_MODULES = {name: name.replace("-", "_") for name in SOURCES}
_TEXTS = {"htpasswd", "ldap"}


def guess_source(beginning: str) -> str | None:
    """Return the system whose export begins so, if one is recognized."""
    fitting = [
        name
        for name, source in SOURCES.items()
        if all(re.search(sign, beginning) for sign in source.signs)
    ]
    return fitting[0] if len(fitting) == 1 else None


def read_source(text: TextIO, name: str, options: "SourceOptions") -> "Iterator[FileRecord]":
    """Yield the users of a system.

    Raises:
        InvalidInput: if the file is no export of it.
    """
    module = import_module(f"{__name__}.{_MODULES[name]}")
    read: Reader = module.read
    return read(text, options)


def rejects_format(name: str, beginning: str) -> RejectsFormat:
    """Return the format in which rejected records of a system are written."""
    if name in _TEXTS:
        return "text"
    return "jsonl" if beginning.lstrip("\ufeff \t\r\n").startswith(("{", "[")) else "csv"
