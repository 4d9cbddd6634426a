"""Turns a record of a file into an account, or says what is wrong with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from userctl.errors import InvalidInput, PasswordRejected
from userctl.schemas.email_address import canonical_email
from userctl.schemas.transfer import UNUSED_FIELDS, FileRecord, Reject
from userctl.schemas.users import checked_name
from userctl.security.passwords import PasswordPolicy, is_bcrypt_hash, is_unmatchable
from userctl.services.account_rules import require_role

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

    def parse(self, record: FileRecord) -> Parsed | list[Reject]:
        """Return the account of a record, or everything that is wrong with it."""
        line, fields, unreadable = record
        if unreadable is not None:
            return [Reject(line, None, unreadable)]
        values, rejects = self._values(line, fields)
        rejects = rejects or self._contradictions(line, values)
        password = values.pop("password", None)
        return rejects or Parsed(Account(line, **values), password)

    def _values(
        self, line: int, fields: Iterable[tuple[str, str | None]]
    ) -> tuple[dict[str, Any], list[Reject]]:
        values: dict[str, Any] = {}
        rejects: list[Reject] = []
        for field, raw in fields:
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
