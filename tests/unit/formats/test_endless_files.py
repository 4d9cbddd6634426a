"""What is too long to be a record, or is never closed, is named and takes little memory."""

import io
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.record_files import KNOWN, read
from userctl.core.errors import InvalidInput
from userctl.formats import read_options
from userctl.formats.encoding import UNDECODABLE
from userctl.formats.read_options import LONGEST_RECORD, ReadOptions
from userctl.formats.reader import ImportFormat, read_records

MIB = 2**20


class Endless(io.RawIOBase):
    """A file that begins with some bytes and goes on with others for very long."""

    def __init__(self, start: bytes, more: bytes, size: int) -> None:
        self._start, self._more, self.left = start, more * (MIB // len(more)), size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._start or self._more[: min(len(buffer), self.left)]
        self._start, self.left = b"", self.left - len(part)
        buffer[: len(part)] = part
        return len(part)


def read_endless(file: Endless, file_format: ImportFormat) -> tuple[list[Any], int]:
    """Return the reasons for which records cannot be read, and the peak of memory in bytes."""
    text = io.TextIOWrapper(io.BufferedReader(file), "utf-8", UNDECODABLE, newline="")
    tracemalloc.start()
    try:
        records = read_records(text, file_format, ReadOptions(KNOWN))
        return [(r.line, r.unreadable) for r in records], tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("start", "more", "message"),
    [
        (b"email\na\n", b"x", "The record in line 3 is too long"),
        (b"email\na\n", b",", "The record in line 3 is too long"),
        (b"", b"x", "The record in line 1 is too long"),
        (b'email\na\n"b', b"\n", "The record in line 3 is too long"),
        (b'email\na\n"b', b"c@example.com\n", "a quotation mark is not closed"),
        (b'email\na\n"b', b'""\n', "a quotation mark is not closed"),
    ],
)
def test_a_line_or_a_quotation_without_end_is_named(
    start: bytes, more: bytes, message: str
) -> None:
    file = Endless(start, more, 30 * MIB)
    with pytest.raises(InvalidInput) as caught:
        read_endless(file, "csv")
    assert message in caught.value.message
    # It is found out at the beginning.
    assert file.left > 25 * MIB


def test_a_line_without_end_rejects_one_json_record_in_little_memory() -> None:
    reasons, peak = read_endless(Endless(b'{"email": "a"}\n{"email": "', b"x", 30 * MIB), "jsonl")
    assert reasons == [(1, None), (2, f"Longer than {LONGEST_RECORD:,} characters.")]
    assert peak < 12 * MIB


@pytest.mark.parametrize(
    "start", [b'[{"email": "a"},\n{"email": "', b'{"email": "a"}\n["', b"[\n1"]
)
def test_a_json_value_without_end_is_named(start: bytes) -> None:
    file = Endless(start, b"7", 30 * MIB)
    with pytest.raises(InvalidInput, match="Line 2: Not valid JSON, or longer than"):
        read_endless(file, "json")
    assert file.left > 25 * MIB


def test_after_a_long_line_reading_goes_on() -> None:
    long = '{"email": "' + "x" * LONGEST_RECORD + '"}'
    found = read(f'{long}\n{{"email": "b"}}\n{long}', "jsonl")
    assert [line for line, _ in found] == [1, 2, 3]
    assert found[1][1] == {"email": "b"}


def test_a_compact_array_is_one_line_of_any_length() -> None:
    records = ",".join(f'{{"email": "{n}", "name": "{"x" * 1000}"}}' for n in range(1500))
    assert len(records) > LONGEST_RECORD
    for file_format in ("json", "jsonl"):
        found = read(f"[{records}]", file_format)  # type: ignore[arg-type]
        assert [fields["email"] for _, fields in found] == [str(n) for n in range(1500)]


UNCLOSED = 'email,name\na,b\nc,"d\n' + "".join(f"{n},x\n" for n in range(500))


@pytest.mark.parametrize(
    "after",
    [
        "",
        'e,"f"\n',
        'e,""\n',
        '"e",f\n',
        "e,f",
    ],
)
def test_a_quotation_that_is_not_closed_costs_only_its_line(after: str) -> None:
    found = read(UNCLOSED + after)
    assert found[1] == (3, "A quotation mark is not closed.")
    good = [fields["email"] for _, fields in found if isinstance(fields, dict)]
    assert good == ["a", *map(str, range(500)), *(["e"] if after else [])]
    assert [line for line, _ in found] == list(range(2, 504 + bool(after)))


def test_every_line_with_such_a_quotation_is_named() -> None:
    found = read('email,name\n"a,b\nc,d\n"e,f\ng,"h\n')
    assert found == [
        (2, "A quotation mark is not closed."),
        (3, {"email": "c", "name": "d"}),
        (4, "A quotation mark is not closed."),
        (5, "A quotation mark is not closed."),
    ]


def test_what_a_closed_quotation_holds_is_never_a_record_of_its_own() -> None:
    content = (
        'email,name,id\na,"b\nevil@example.com,x,1\n",1\nc,"d\nevil@example.com,x,1\n"\ne,f,2\n'
    )
    found = read(content)
    assert [line for line, _ in found] == [2, 5, 8]
    assert found[1][1] == "Expected 3 cells, found 2."


@pytest.mark.parametrize("reader", ["csv", "jsonl"])
def test_the_longest_record_that_is_read_is_just_below_the_bound(
    monkeypatch: pytest.MonkeyPatch, reader: ImportFormat
) -> None:
    content: Callable[[int], str] = {
        "csv": lambda n: "email\n" + "x" * n + "\n",
        "jsonl": lambda n: '{"email": "' + "x" * (n - 13) + '"}\n',
    }[reader]
    for name in ("csv_reader", "json_reader"):
        monkeypatch.setattr(f"userctl.formats.{name}.LONGEST_RECORD", 100)
    assert read_options.LONGEST_RECORD == LONGEST_RECORD
    assert isinstance(read(content(98), reader)[0][1], dict)
    if reader == "csv":
        with pytest.raises(InvalidInput, match="longer than 100 characters"):
            read(content(100), reader)
    else:
        assert read(content(101), reader)[0][1] == "Longer than 100 characters."
