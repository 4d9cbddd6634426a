"""Values that an import accepts only with an option, because userctl would not create such a user.

Another program accepted them, and so did 'db adopt'.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from userctl.core.errors import InvalidInput
from userctl.core.text import has_invisible_characters, remove_invisible
from userctl.schemas.email_address import LONGEST_ADDRESS, canonical_email, storable_address
from userctl.schemas.timestamp import parse_timestamp
from userctl.schemas.transfer import FileRecord
from userctl.schemas.user_name import correct_name

LONGEST_ROLE = 50
LONGEST_NUMBER = 20


class Allowance(NamedTuple):
    """An option that lets an import accept values of a field that are otherwise refused.

    Attributes:
        rule: the attribute of ``ImportRules`` that stands for the option.
        effect: what the option does with the value, for messages.
        parse: returns the value of a text that the rules of the field refuse, or refuses it too.
    """

    rule: str
    effect: str
    parse: Callable[[str, FileRecord], Any]

    @property
    def advice(self) -> str:
        """A sentence that names the option."""
        return f"--{self.rule.replace('_', '-')} {self.effect}."


def record_number(record: FileRecord) -> str:
    """Return a number that identifies a record: the id of the user, or else the line."""
    return _field_text(record, "id") or str(record.line)


def is_disabled(record: FileRecord) -> bool:
    """Tell whether the user of a record is disabled."""
    return _field_text(record, "status").lower() == "disabled"


def numbered_address(address: str, number: str) -> str:
    """Return a unique replacement for an address that a user cannot have.

    It is not a valid address, so that no mail can be sent to it.
    """
    legible = remove_invisible(address)[: LONGEST_ADDRESS - LONGEST_NUMBER - 3].strip()
    return f"{legible or 'no address'} ({number[:LONGEST_NUMBER]})"


def _field_text(record: FileRecord, field: str) -> str:
    place = record.names.index(field) if field in record.names else None
    return "" if place is None else (record.texts[place] or "")


def _keep_address(raw: str, record: FileRecord) -> str:
    address = storable_address(raw)
    if address is not None:
        return address
    # Users who were left to the application may have any address.
    return (
        numbered_address(raw, record_number(record))
        if is_disabled(record)
        else canonical_email(raw)
    )


def _correct_name(raw: str, _record: FileRecord) -> str | None:
    return correct_name(raw)


def _keep_role(raw: str, _record: FileRecord) -> str:
    if len(raw) > LONGEST_ROLE or has_invisible_characters(raw):
        raise InvalidInput(f"A role has up to {LONGEST_ROLE} characters, all of them visible.")
    return raw


def _drop_hash(_raw: str, _record: FileRecord) -> None:
    return None


def _keep_time(raw: str, _record: FileRecord) -> Any:
    return parse_timestamp(raw)


ALLOWANCES = {
    "email": Allowance("keep_odd_addresses", "imports the user anyway", _keep_address),
    "name": Allowance("correct_names", "corrects it", _correct_name),
    "role": Allowance("keep_roles", "imports it anyway", _keep_role),
    "hashed_password": Allowance(
        "drop_unknown_hashes", "imports the user without a password", _drop_hash
    ),
    "created_at": Allowance("keep_future_times", "imports it anyway", _keep_time),
}
"""The allowance for each field that has one."""
