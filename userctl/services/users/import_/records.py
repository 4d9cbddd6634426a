"""Parses a record of a file into a user, or says what is wrong with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple

from userctl.core.errors import InvalidInput, PasswordRejected
from userctl.core.stand_in_hash import is_unmatchable
from userctl.core.text import quote
from userctl.schemas.transfer import FileRecord, ImportRules, Reject
from userctl.schemas.user_fields import PLAIN_FIELDS, UNUSED_FIELDS, USER_FIELDS
from userctl.security import password_hashes
from userctl.security.bcrypt_hash import is_bcrypt_hash
from userctl.security.password_policy import PasswordPolicy
from userctl.services.users.import_.allowances import (
    ALLOWANCES,
    is_disabled,
    numbered_address,
    record_number,
)
from userctl.services.users.rules import require_role

DEFAULT_RULES = ImportRules()
"""The default rules."""

NO_PLAIN_VALUES = (None,) * len(PLAIN_FIELDS)


class ImportedUser(NamedTuple):
    """A user to import; a field that the record lacks is None.

    ``plain`` has the values of ``PLAIN_FIELDS``, which need no rules of their own. ``numbered`` is
    the address that the user gets if another record has the same one; None if it must be unique.
    ``source`` is that of the record.
    """

    line: int
    email: str
    role: str | None = None
    status: str | None = None
    hashed_password: str | None = None
    must_change_password: bool | None = None
    created_at: datetime | None = None
    plain: tuple[Any, ...] = NO_PLAIN_VALUES
    numbered: str | None = None
    source: Any = None


_RULED_FIELDS = ImportedUser._fields[1:-3]


class ParsedRecord(NamedTuple):
    """A user to import and the password that is still to be hashed, if there is one."""

    user: ImportedUser
    password: str | None


class RecordParser:
    """Applies the rules for creating a user to each record of a file.

    Args:
        roles: the configured roles.
        policy: which passwords are accepted.
        now: the time of the import; no user can have been created later.
        rules: what to accept although userctl would not create such a user.
    """

    def __init__(
        self,
        *,
        roles: Sequence[str],
        policy: PasswordPolicy,
        now: datetime,
        rules: ImportRules = DEFAULT_RULES,
    ) -> None:
        self._roles = roles
        self._policy = policy
        self._now = now
        self._parsers: dict[str, Callable[[str], Any]] = {
            field.name: field.parse for field in USER_FIELDS if field.parse is not None
        }
        self._parse_timestamp = self._parsers["created_at"]
        self._parsers |= {
            "role": self._parse_role,
            "hashed_password": self._parse_hash,
            "created_at": self._parse_past_timestamp,
        }
        self._rules = rules

    def parse(self, records: Sequence[FileRecord]) -> Sequence[ParsedRecord | list[Reject]]:
        """Return the user of each record, or everything that is wrong with it."""
        # Most files can be parsed column by column, which takes half the time.
        columns = self._parse_columns(records)
        return [self._parse_record(record) for record in records] if columns is None else columns

    def _parse_columns(self, records: Sequence[FileRecord]) -> list[ParsedRecord] | None:
        """Parse column by column; return None if a record is wrong or has a password to hash."""
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
        sources = (record.source for record in records)
        ruled = (values.get(name, repeat(None)) for name in _RULED_FIELDS)
        plain = zip(*(values.get(name, repeat(None)) for name in PLAIN_FIELDS), strict=False)
        numbered = map(self._numbered_email, records, values["email"])
        users = map(ImportedUser, lines, *ruled, plain, numbered, sources)
        return [ParsedRecord(user, None) for user in users]

    def _parse_record(self, record: FileRecord) -> ParsedRecord | list[Reject]:
        if record.unreadable is not None:
            return [Reject(record.line, None, record.unreadable)]
        values, rejects = self._parse_values(record)
        if self._rules.keep_odd_addresses and "email" in record.names and not rejects:
            values.setdefault("email", "")
        rejects = rejects or self._contradictions(record, values)
        if rejects:
            return rejects
        ruled = [values.get(name) for name in _RULED_FIELDS]
        plain = tuple(values.get(name) for name in PLAIN_FIELDS)
        numbered = self._numbered_email(record, values["email"])
        user = ImportedUser._make([record.line, *ruled, plain, numbered, record.source])
        return ParsedRecord(user, values.get("password"))

    def _numbered_email(self, record: FileRecord, email: str) -> str | None:
        if not self._rules.keep_odd_addresses or (email and not is_disabled(record)):
            return None
        return numbered_address(email, record_number(record))

    def _parse_values(self, record: FileRecord) -> tuple[dict[str, Any], list[Reject]]:
        values: dict[str, Any] = {}
        rejects: list[Reject] = []
        for field, raw in zip(record.names, record.texts, strict=True):
            if not raw or field in UNUSED_FIELDS:
                continue
            if field not in self._parsers:
                reason = f"{quote(field)} is not a field. --ignore-unknown leaves it out."
                rejects.append(Reject(record.line, field, reason))
                continue
            try:
                values[field] = self._parse_value(field, raw, record)
            except InvalidInput as error:
                rejects.append(Reject(record.line, field, error.message))
        return values, rejects

    def _parse_value(self, field: str, raw: str, record: FileRecord) -> Any:
        """Return the value of a text.

        Raises:
            InvalidInput: naming the option that would accept it, if there is one.
        """
        try:
            return self._parsers[field](raw)
        except InvalidInput as error:
            allowance = ALLOWANCES.get(field)
            if allowance is None:
                raise
            value = allowance.parse(raw, record)
            if getattr(self._rules, allowance.rule):
                return value
            raise InvalidInput(f"{error.message} {allowance.advice}") from None

    def _contradictions(self, record: FileRecord, values: Mapping[str, Any]) -> list[Reject]:
        """Return the problems of a record whose fields are all valid on their own."""
        line = record.line
        if "email" not in values:
            advice = f" {ALLOWANCES['email'].advice}" if "email" in record.names else ""
            return [Reject(line, "email", f"The e-mail address is missing.{advice}")]
        if "password" not in values:
            return []
        if "hashed_password" in values:
            return [Reject(line, "password", "Cannot be combined with hashed_password.")]
        try:
            self._policy.check(values["password"], email=values["email"], name=values.get("name"))
        except PasswordRejected as error:
            return [Reject(line, "password", error.message)]
        return []

    def _parse_role(self, raw: str) -> str:
        require_role(raw, self._roles)
        return raw

    def _parse_past_timestamp(self, raw: str) -> Any:
        time = self._parse_timestamp(raw)
        if time > self._now:
            raise InvalidInput(f"The timestamp {quote(raw)} is in the future.")
        return time

    def _parse_hash(self, raw: str) -> str | None:
        if is_unmatchable(raw):
            return None
        if is_weak_hash(raw) and not self._rules.allow_weak_hashes:
            raise InvalidInput(f"{WEAK_HASH} --allow-weak-hashes imports it anyway.")
        return raw


WEAK_HASH = "A plain digest, which is as good as the password to a thief."


def is_weak_hash(raw: str) -> bool:
    """Tell whether a hash is a plain digest.

    Raises:
        InvalidInput: if it is not a hash that userctl can verify.
    """
    return not is_bcrypt_hash(raw) and password_hashes.parse(raw).family == "digest"
