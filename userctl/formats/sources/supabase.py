"""Supabase and GoTrue: the table ``auth.users``, as CSV or JSON."""

import json
import re
from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import bool_text, is_ahead, pick, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if pick(row, "deleted_at"):
        options.losses["deleted users"] += 1
        return None
    app_metadata = json.loads(pick(row, "raw_app_meta_data") or "{}")
    user_metadata = json.loads(pick(row, "raw_user_meta_data") or "{}")
    if {*(app_metadata.get("providers") or ())} - {"email", "phone"}:
        options.losses["logins by other providers"] += 1
    roles = app_metadata.get("roles", app_metadata.get("role", ()))
    verified_at = pick(row, "email_confirmed_at", "confirmed_at")
    return {
        "email": options.address_of(pick(row, "email"), pick(row, "phone", "id")),
        "name": pick(user_metadata, "full_name", "name"),
        "role": options.role_of(roles),
        "status": status(disabled=is_ahead(pick(row, "banned_until"))),
        "hashed_password": _hash(pick(row, "encrypted_password")),
        "created_at": time_of(pick(row, "created_at")),
        "address_verified": bool_text(verified_at is not None),
        "former_login_at": time_of(pick(row, "last_sign_in_at")),
    }


_FIREBASE = re.compile(
    r"\$fbscrypt\$v=1,n=(\d+,r=\d+,p=\d+)(?:,ss=([^,$]+))?(?:,sk=([^,$]+))?\$([^$]+)\$([^$]+)"
)


def _hash(password_hash: str | None) -> str | None:
    # GoTrue has a name of its own for the scrypt of Firebase.
    match = _FIREBASE.fullmatch(password_hash or "")
    if match is None:
        return password_hash
    costs, separator, signer, salt, digest = match.groups("")
    return f"$firescrypt$ln={costs}${salt}${digest}${separator}${signer}"
