"""Turns a record of a file into an account, or says what is wrong with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, NamedTuple

from userctl.core.errors import InvalidInput, PasswordRejected
from userctl.schemas.email_address import canonical_email
from userctl.schemas.transfer import UNUSED_FIELDS, FileRecord, Reject
from userctl.schemas.users import checked_name
from userctl.security.password_policy import PasswordPolicy
from userctl.security.passwords import is_bcrypt_hash, is_unmatchable
from userctl.services.users.rules import require_role

_TRUTH = {"true": True, "false": False}


class Account(NamedTuple):
    """An account to import; what is None was not given."""

    line: int
    email: str
    name: str | None = None
    role: str | None = None
    status: str | None = None
    hashed_password: str | None = None
    must_change_password: bool | None = None
    created_at: datetime | None = None


class Parsed(NamedTuple):
    """An account, with the password that is still to be hashed if it has one."""

    account: Account
    password: str | None


class RecordParser:
    """Applies to each record of a file the rules by which an account is created.

    Args:
        roles: the configured roles.
        policy: which passwords are accepted.
        now: the time of the import, which no account was created after.
    """

    def __init__(self, *, roles: Sequence[str], policy: PasswordPolicy, now: datetime) -> None:
        self._roles = roles
        self._policy = policy
        self._now = now
        self._parsers: Mapping[str, Callable[[str], Any]] = {
            "email": canonical_email,
            "name": checked_name,
            "role": self._role,
            "status": _status,
            "must_change_password": _truth,
            "hashed_password": _hash,
            "password": str,
            "created_at": self._time,
        }

    def parse(self, records: Sequence[FileRecord]) -> Sequence[Parsed | list[Reject]]:
        """Return the account of each record, or everything that is wrong with it."""
        # Most files are like that, and it takes half the time.
        return self._columns(records) or [self._record(record) for record in records]

    def _columns(self, records: Sequence[FileRecord]) -> list[Parsed] | None:
        """Parse column by column; return None unless all is well, and no password to be hashed."""
        names = records[0].names
        if "email" not in names or any(record.names != names for record in records):
            return None
        columns = zip(*(record.texts for record in records), strict=True)
        values: dict[str, Iterable[Any]] = {}
        try:
            for name, column in zip(names, columns, strict=True):
                if name not in UNUSED_FIELDS:
                    parse = self._parsers[name]
                    values[name] = [parse(raw) if raw else None for raw in column]
        except (KeyError, InvalidInput):
            return None
        if any(values.pop("password", ())) or not all(values["email"]):
            return None
        lines = (record.line for record in records)
        places = (values.get(name, repeat(None)) for name in Account._fields[1:])
        return [Parsed(account, None) for account in map(Account, lines, *places)]

    def _record(self, record: FileRecord) -> Parsed | list[Reject]:
        line = record.line
        if record.unreadable is not None:
            return [Reject(line, None, record.unreadable)]
        values, rejects = self._values(record)
        rejects = rejects or self._contradictions(line, values)
        password = values.pop("password", None)
        return rejects or Parsed(Account(line, **values), password)

    def _values(self, record: FileRecord) -> tuple[dict[str, Any], list[Reject]]:
        line = record.line
        values: dict[str, Any] = {}
        rejects: list[Reject] = []
        for field, raw in zip(record.names, record.texts, strict=True):
            if raw:
                try:
                    values[field] = self._parsers[field](raw)
                except KeyError:
                    if field not in UNUSED_FIELDS:
                        rejects.append(Reject(line, field, "There is no such field."))
                except InvalidInput as error:
                    rejects.append(Reject(line, field, error.message))
        return values, rejects

    def _contradictions(self, line: int, values: Mapping[str, Any]) -> list[Reject]:
        """Return what is wrong although each field by itself is right."""
        if "email" not in values:
            return [Reject(line, "email", "It is missing.")]
        if "password" not in values:
            return []
        if "hashed_password" in values:
            return [Reject(line, "password", "There is a hash, too.")]
        try:
            self._policy.check(values["password"], email=values["email"], name=values.get("name"))
        except PasswordRejected as error:
            return [Reject(line, "password", error.message)]
        return []

    def _role(self, raw: str) -> str:
        require_role(raw, self._roles)
        return raw

    def _time(self, raw: str) -> datetime:
        try:
            time = datetime.fromisoformat(raw)
        except ValueError:
            raise InvalidInput("This is no time as in RFC 3339.") from None
        if time.tzinfo is None:
            raise InvalidInput("The time has no zone: end it with Z.")
        if time > self._now:
            raise InvalidInput("The time lies in the future.")
        return time.astimezone(UTC)


def _status(raw: str) -> str:
    if raw not in {"active", "disabled"}:
        raise InvalidInput("The status is active or disabled.")
    return raw


def _truth(raw: str) -> bool:
    if raw not in _TRUTH:
        raise InvalidInput("This is neither true nor false.")
    return _TRUTH[raw]


def _hash(raw: str) -> str | None:
    if is_unmatchable(raw):
        return None
    if not is_bcrypt_hash(raw):
        raise InvalidInput("This is no bcrypt hash that a password could match.")
    return raw
