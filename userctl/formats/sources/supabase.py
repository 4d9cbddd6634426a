"""Supabase and GoTrue: the table ``auth.users``, as CSV or JSON."""

import json
import re
from typing import Any

from userctl.formats.sources.options import SourceOptions, User
from userctl.formats.sources.rows import table_rows
from userctl.formats.sources.values import first, is_ahead, said, status, time_of

rows = table_rows


def user(row: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if first(row, "deleted_at"):
        options.lost["deleted users"] += 1
        return None
    app = json.loads(first(row, "raw_app_meta_data") or "{}")
    own = json.loads(first(row, "raw_user_meta_data") or "{}")
    if {*(app.get("providers") or ())} - {"email", "phone"}:
        options.lost["logins by other providers"] += 1
    roles = app.get("roles", app.get("role", ()))
    verified = first(row, "email_confirmed_at", "confirmed_at")
    return {
        "email": options.address_of(first(row, "email"), first(row, "phone", "id")),
        "name": first(own, "full_name", "name"),
        "role": options.role_of(roles),
        "status": status(disabled=is_ahead(first(row, "banned_until"))),
        "hashed_password": _hash(first(row, "encrypted_password")),
        "created_at": time_of(first(row, "created_at")),
        "address_verified": said(verified is not None),
        "former_login_at": time_of(first(row, "last_sign_in_at")),
    }


_FIREBASE = re.compile(
    r"\$fbscrypt\$v=1,n=(\d+,r=\d+,p=\d+)(?:,ss=([^,$]+))?(?:,sk=([^,$]+))?\$([^$]+)\$([^$]+)"
)


def _hash(hashed: str | None) -> str | None:
    # GoTrue has a name of its own for the scrypt of Firebase.
    found = _FIREBASE.fullmatch(hashed or "")
    if found is None:
        return hashed
    costs, separator, signer, salt, digest = found.groups("")
    return f"$firescrypt$ln={costs}${salt}${digest}${separator}${signer}"
