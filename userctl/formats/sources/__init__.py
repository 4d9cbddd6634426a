"""The systems that users can come from, a file for each.

A new one is a file with the functions ``rows``, which yields what the file has, and ``user``, which
makes a user from a row or returns None, and a row in :data:`SOURCES`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from userctl.formats.rejects import RejectsFormat

if TYPE_CHECKING:
    from userctl.formats.sources.options import SourceOptions
    from userctl.schemas.transfer import FileRecord


@dataclass(frozen=True)
class Source:
    """A system that users can come from.

    Attributes:
        title: the name of its export.
        names: the fields that an export must have; ``|`` separates alternatives.
        sign: the beginning of the first line, as a pattern, of a text without fields.
    """

    title: str
    names: tuple[str, ...] = ()
    sign: str | None = None


SOURCES: Mapping[str, Source] = {
    "airflow": Source("Airflow's list of users", ("firstname", "roles")),
    "aspnet": Source("the table AspNetUsers", ("securitystamp", "passwordhash")),
    "auth0": Source(
        "Auth0's users",
        (
            "custom_password_hash|password_hash|passwordhash|user_id",
            "custom_password_hash|email_verified",
        ),
    ),
    "cognito": Source("Cognito's list of users", ("userstatus",)),
    "devise": Source(
        "a table of Devise", ("encrypted_password", "reset_password_token|sign_in_count")
    ),
    "django": Source("Django's dumpdata", ("model", "fields")),
    "fastapi-users": Source(
        "a table of fastapi-users", ("is_superuser", "is_verified", "hashed_password")
    ),
    "firebase": Source("Firebase's users", ("localid",)),
    "flask-appbuilder": Source("the table ab_user", ("fail_login_count",)),
    "flask-security": Source("a table of Flask-Security", ("fs_uniquifier",)),
    "gitea": Source("Gitea's table of users", ("passwd_hash_algo",)),
    "htpasswd": Source(
        "an htpasswd file", sign=r"[^:,\s{\[\"]+:(\$(apr1|1|2[aby]|5|6)\$|\{SHA\}|[./\w]{13}$)"
    ),
    "keycloak": Source(
        "a realm of Keycloak",
        ("createdtimestamp|requiredactions|realm", "users|credentials|sslrequired"),
    ),
    "kratos": Source("Kratos' identities", ("traits",)),
    "laravel": Source("a table of Laravel", ("remember_token", "email_verified_at")),
    "ldap": Source("LDIF", sign=r"(?i)(dn|version):"),
    "nextcloud": Source("Nextcloud's table of users", ("uid_lower",)),
    "supabase": Source(
        "the table auth.users of Supabase",
        ("raw_app_meta_data|email_confirmed_at", "encrypted_password"),
    ),
    "wordpress": Source("the table wp_users", ("user_pass",)),
}
"""The systems, by the names that users type."""

_TEXTS = {"htpasswd", "ldap"}
_KEY = re.compile(r'"(\w+)"\s*:')
_COLUMN = re.compile(r"\w+")


def guess_source(start: str) -> str | None:
    """Return the system whose export begins like this, if one is recognized.

    Only field names count, because users choose everything else.
    """
    lines = start.lstrip("\ufeff").splitlines()
    line = next((text_line for text_line in lines if text_line.strip() and text_line[0] != "#"), "")
    is_json = line.lstrip().startswith(("{", "["))
    keys = _KEY.findall(start) if is_json else _COLUMN.findall(line)
    names = {name.lower() for name in keys}
    matches = [name for name, source in SOURCES.items() if _fits(source, names, line)]
    return matches[0] if len(matches) == 1 else None


def _fits(source: Source, names: set[str], line: str) -> bool:
    if source.sign is not None:
        return re.match(source.sign, line) is not None
    return all(names.intersection(choice.split("|")) for choice in source.names)


def read_source(text: TextIO, name: str, options: "SourceOptions") -> "Iterator[FileRecord]":
    """Yield the users of a system.

    Raises:
        InvalidInput: if the file is not an export of it.
    """
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    records: Callable[..., Iterator[FileRecord]]
    records = import_module(f"{__name__}.rows").records
    return records(module.rows(text), module.user, options)


def rejects_format(name: str, start: str) -> RejectsFormat:
    """Return the format in which rejected records of a system are written."""
    if name in _TEXTS:
        return "text"
    return "jsonl" if start.lstrip("\ufeff \t\r\n").startswith(("{", "[")) else "csv"
