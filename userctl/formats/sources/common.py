"""What the readers of other systems share: options, rows, and users made of them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO, cast

from userctl import schemas
from userctl.core.clock import utc_now
from userctl.core.errors import InvalidInput
from userctl.core.text import quote, rfc3339
from userctl.formats.csv_reader import BrokenLine, CsvRows
from userctl.formats.json_window import Repeated, Window
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions, fold_name
from userctl.formats.replayed import Replayed

User = dict[str, str | None]
"""A user as the import takes it: texts by the names of fields."""

_NULLS = {"", "\\N", "NULL", "null", "None"}
"""How exports of tables write a value that is missing."""

_TRUTHS = dict.fromkeys(["1", "t", "true", "yes", "y"], True) | dict.fromkeys(
    ["0", "f", "false", "no", "n"], False
)


class Unusable(Exception):
    """A record that no user can be made of; the message says why."""


@dataclass(frozen=True)
class SourceOptions:
    """How the users of another system are read.

    Attributes:
        domain: makes addresses of the names of users who have none.
        secret: the name of the secret that the hashes were made with.
        roles: what the roles of the system are here, the one that counts first.
        keep_sources: whether each record has its text, to be written again.
        lost: counts what users have that cannot be carried.
        unmapped: counts the roles that users have, and that are not mapped.
        advice: what is said once, when the file was read.
    """

    domain: str | None = None
    secret: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    keep_sources: bool = False
    lost: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    advice: list[str] = field(default_factory=list)

    def role_of(self, names: Iterable[object] | None) -> str | None:
        """Return the role of a user who has some roles in the other system, or a single one."""
        had = list(dict.fromkeys([names] if isinstance(names, str) else map(str, names or ())))
        self.unmapped.update(name for name in had if name not in self.roles)
        found = [role for name, role in self.roles.items() if name in had]
        if len(set(found)) > 1:
            self.lost["several roles"] += 1
        return found[0] if found else None

    def address_of(self, address: str | None, name: str | None) -> str | None:
        """Return the address of a user, which is made of the name if there is none.

        Raises:
            Unusable: if neither is possible.
        """
        if address or not name or "@" in name:
            return address or name
        if self.domain is None:
            raise Unusable(
                f"{quote(name)} has no e-mail address. --domain example.com makes one of the name."
            )
        return f"{name}@{self.domain}"

    def require_secret(self, what: str) -> str:
        """Return the name of the secret.

        Raises:
            InvalidInput: if none was given.
        """
        if self.secret is None:
            raise InvalidInput(
                f"These passwords were hashed with {what}.",
                hint="Put it into a file that only you can read, add NAME=FILE to the setting "
                "'password_secrets', and pass --secret NAME.",
            )
        return self.secret


Row = tuple[int, Any, Any]
"""A record of the file: the line, its value, and what writes it again."""

_NOT_AS_WRITTEN = (
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
)

MakeUser = Callable[[Any, SourceOptions], User | None]
"""Makes a user of the value of a row; None for what is not a user."""


def records(
    rows: Iterable[Row], make: MakeUser, options: SourceOptions
) -> "Iterator[schemas.transfer.FileRecord]":
    """Yield the records of rows; one that no user can be made of says why."""
    record = schemas.transfer.FileRecord
    for line, value, content in rows:
        source = content if options.keep_sources else None
        try:
            if isinstance(value, Unusable):
                raise value
            if isinstance(value, Repeated):
                raise Unusable(f"The key {quote(value.key)} appears twice.")
            user = make(value, options)
        except Unusable as error:
            yield record(line, unreadable=str(error), source=source)
        except _NOT_AS_WRITTEN:
            # Whatever an export may contain, it is the record that is wrong.
            yield record(line, unreadable="It is not as the system writes it.", source=source)
        else:
            if user is not None:
                yield record(line, tuple(user), tuple(user.values()), None, source)


def json_rows(text: TextIO, *, inside: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the values of a JSON array, of JSON lines, or of files that follow one another.

    Of an object with an array that is named ``inside``, the elements of that are yielded.

    Raises:
        InvalidInput: if it is not JSON.
    """
    window = Window(text)
    while start := window.peek():
        if start == "[":
            yield from window.elements(inside)
        elif start == "{" and inside:
            yield from window.unwrap(inside)
        else:
            line = window.line
            yield line, *window.value()


def table_rows(text: TextIO) -> Iterator[Row]:
    """Yield the rows of a table in CSV or JSON, by the lower-case names of its columns.

    Raises:
        InvalidInput: if it is neither.
    """
    start = text.readline(LONGEST_RECORD)
    replayed = cast("TextIO", Replayed([start], text))
    if start.lstrip("\ufeff \t").startswith(("{", "[")):
        for line, value, content in json_rows(replayed):
            if isinstance(value, dict):
                folded = {fold_name(str(name)): _text(each) for name, each in value.items()}
                yield line, folded, content
            else:
                yield line, value, content
        return
    rows = CsvRows(replayed, ReadOptions(known=()))
    header = rows.header()
    names = [*map(fold_name, header.names)]
    for line, cells in rows:
        if isinstance(cells, BrokenLine):
            yield line, Unusable(cells.reason), (header, cells.text)
        elif any(cells[len(names) :]) or 0 < len(cells) < len(names):
            reason = f"Expected {len(names)} cells, found {len(cells)}."
            yield line, Unusable(reason), (header, cells)
        elif any(cells):
            yield line, dict(zip(names, cells, strict=False)), (header, cells)


def _text(value: object) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def first(row: Mapping[str, Any], *names: str) -> str | None:
    """Return the first value of a row that is there, by the names of its columns."""
    for name in names:
        value = row.get(name)
        if value is not None and value not in _NULLS:
            return str(value)
    return None


def is_true(value: object) -> bool | None:
    """Return a truth value however it is written; None for a missing one."""
    if value is None or str(value) in _NULLS:
        return None
    return _TRUTHS[str(value).lower()]


def said(value: bool | None) -> str | None:  # noqa: FBT001
    """Return a truth value as the import reads it."""
    return None if value is None else str(value).lower()


def status(*, disabled: bool | None) -> str:
    """Return the status of a user."""
    return "disabled" if disabled else "active"


def time_of(value: object) -> str | None:
    """Return a time as RFC 3339 (section 5.6); one without a zone is in UTC.

    Raises:
        ValueError: if it is none.
    """
    if value is None or str(value) in _NULLS or str(value).startswith("0000-00-00"):
        return None
    text = re.sub(r" (?=[+-]\d)", "", str(value).strip().replace(" UTC", "+00:00"))
    found = datetime.fromisoformat(text)
    return rfc3339(found if found.tzinfo else found.replace(tzinfo=UTC))


def is_ahead(time: str | None) -> bool:
    """Tell whether a time is in the future, as the end of a ban; for ever is one without an end."""
    for_ever = time is not None and time.startswith(("infinity", "9999-"))
    return for_ever or (time_of(time) or "") > rfc3339(utc_now())


def time_of_milliseconds(value: object) -> str | None:
    """Return a time that is given in milliseconds since 1970."""
    if value is None or str(value) in _NULLS:
        return None
    return rfc3339(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(str(value))))


def full_name(*parts: object) -> str | None:
    """Return a name of its parts, those that are missing left out."""
    texts = (str(part).strip() for part in parts if part and part not in _NULLS)
    return " ".join(text for text in texts if text) or None
