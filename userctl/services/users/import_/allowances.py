"""What an import takes if an option says so, although no user could be created like this.

Another program let it in, and 'db adopt' took it.
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
    """What an option takes.

    Attributes:
        rule: the name of the option, which is that of an attribute of ``ImportRules``.
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


def number_of(record: FileRecord) -> str:
    """Return what tells a record from all others: the id of the user, or else the line."""
    return _text(record, "id") or str(record.line)


def is_disabled(record: FileRecord) -> bool:
    """Tell whether the user of a record is disabled."""
    return _text(record, "status").lower() == "disabled"


def numbered_address(address: str, number: str) -> str:
    """Return what stands for an address that a user cannot have: it tells the user from others.

    It is not a valid address, so that no mail goes there.
    """
    legible = remove_invisible(address)[: LONGEST_ADDRESS - LONGEST_NUMBER - 3].strip()
    return f"{legible or 'no address'} ({number[:LONGEST_NUMBER]})"


def _text(record: FileRecord, field: str) -> str:
    place = record.names.index(field) if field in record.names else None
    return "" if place is None else (record.texts[place] or "")


def _keep_address(raw: str, record: FileRecord) -> str:
    kept = storable_address(raw)
    if kept is not None:
        return kept
    # Users who were left to the application may have any address.
    return numbered_address(raw, number_of(record)) if is_disabled(record) else canonical_email(raw)


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
    "email": Allowance("keep_odd_addresses", "imports the user all the same", _keep_address),
    "name": Allowance("correct_names", "corrects it", _correct_name),
    "role": Allowance("keep_roles", "imports it all the same", _keep_role),
    "hashed_password": Allowance(
        "drop_unknown_hashes", "imports the user without a password", _drop_hash
    ),
    "created_at": Allowance("keep_future_times", "imports it all the same", _keep_time),
}
"""The allowance for each field that has one."""
