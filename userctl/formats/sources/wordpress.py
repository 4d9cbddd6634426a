"""WordPress: the table ``wp_users``, as CSV or JSON, or ``wp user list`` with its hashes."""

import re
from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import is_true, pick, status, time_of

rows = table_rows


_MD5 = re.compile(r"[0-9a-f]{32}", re.ASCII)
_CAPABILITY = re.compile(r's:\d+:"([^"]+)";b:1;')
"""A role in ``wp_capabilities``, which PHP serialized."""


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    # Each installation has a prefix of its own, and each site of a network.
    capabilities = [name for name in row if name.endswith("capabilities")]
    roles = _CAPABILITY.findall(pick(row, *capabilities, "meta_value") or "")
    roles += re.findall(r"[^,\s]+", pick(row, "roles") or "")
    return {
        "email": options.address_of(pick(row, "user_email"), pick(row, "user_login")),
        "name": pick(row, "display_name", "user_nicename"),
        "role": options.role_of(roles),
        # Columns of a network of sites.
        "status": status(disabled=is_true(row.get("spam")) or is_true(row.get("deleted"))),
        "hashed_password": _hash(pick(row, "user_pass")),
        "created_at": time_of(pick(row, "user_registered")),
    }


def _hash(password_hash: str | None) -> str | None:
    if password_hash is None or not _MD5.fullmatch(password_hash):
        return password_hash
    # From before version 2.5.
    return f"md5$${password_hash}"
