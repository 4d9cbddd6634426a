"""Firebase: ``firebase auth:export`` as JSON or CSV."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, TextIO, cast

from userctl.formats.csv_reader import BrokenLine, CsvHeader, CsvRows
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions
from userctl.formats.replayed_text import ReplayedText
from userctl.formats.sources.options import SourceOptions, UnusableRecord, User
from userctl.formats.sources.rows import Row, json_rows
from userctl.formats.sources.values import bool_text, pick, status, time_of_milliseconds


def rows(text: TextIO) -> Iterator[Row]:
    """Yield the users of a project."""
    start = text.readline(LONGEST_RECORD)
    whole_text = cast("TextIO", ReplayedText([start], text))
    is_json = start.lstrip("\ufeff \t").startswith(("{", "["))
    return json_rows(whole_text, array_names=("users",)) if is_json else _csv_rows(whole_text)


_PROVIDERS = ("google", "facebook", "twitter", "github")
_COLUMNS = (
    *("localId", "email", "emailVerified", "passwordHash", "salt", "displayName", "photoUrl"),
    *(
        f"{name}{suffix}"
        for name in _PROVIDERS
        for suffix in ("Id", "Email", "DisplayName", "PhotoUrl")
    ),
    *("createdAt", "lastSignedInAt", "phoneNumber", "disabled", "customAttributes"),
)
"""The columns of CSV, which has a header only if its records were rejected before."""


def _csv_rows(text: TextIO) -> Iterator[Row]:
    rows: Any = CsvRows(text, ReadOptions(fields=(), delimiter=","))
    header = rows.header()
    if _COLUMNS[0] not in header.names:
        # The first row is that of a user too.
        rows = chain([(1, header.names)], rows)
        header = CsvHeader(_COLUMNS, ",", is_detected=True)
    for line, cells in rows:
        if isinstance(cells, BrokenLine):
            yield line, UnusableRecord(cells.reason), (header, cells.text)
        elif any(cells):
            fields = dict(zip(header.names, cells, strict=False))
            providers = [{"providerId": name} for name in _PROVIDERS if fields.get(f"{name}Id")]
            yield line, {**fields, "providerUserInfo": providers}, (header, cells)


def user(value: Any, options: SourceOptions) -> User | None:
    """Return the user of a row."""
    if "localId" not in value:
        return None
    if value.get("mfaInfo"):
        options.losses["second factors"] += 1
    if any(
        provider.get("providerId") != "password" for provider in value.get("providerUserInfo") or ()
    ):
        options.losses["logins by other providers"] += 1
    claims = json.loads(pick(value, "customAttributes") or "{}")
    roles = claims.get("roles", claims.get("role", ()))
    return {
        "email": options.address_of(pick(value, "email"), pick(value, "phoneNumber", "localId")),
        "name": pick(value, "displayName"),
        "role": options.role_of(roles),
        "status": status(disabled=str(value.get("disabled")).lower() == "true"),
        "hashed_password": _hash(value, options),
        "created_at": time_of_milliseconds(value.get("createdAt")),
        "address_verified": bool_text(str(value.get("emailVerified")).lower() == "true"),
        "former_login_at": time_of_milliseconds(value.get("lastSignedInAt")),
    }


def _hash(value: Any, options: SourceOptions) -> str | None:
    password_hash = pick(value, "passwordHash")
    if password_hash is None or password_hash.startswith("$2"):
        return password_hash
    name = options.require_secret("the signer key of the project")
    salt = pick(value, "salt") or ""
    return f"$firescrypt$ln=14,r=8,p=1${salt}${password_hash}$Bw==$@{name}"
