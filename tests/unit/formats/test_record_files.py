"""Records in CSV and JSON lines."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from userctl.core.errors import InvalidInput
from userctl.formats.csv_cells import csv_cell, csv_text
from userctl.formats.reader import TEXT, RecordFormat, read_records
from userctl.formats.writer import record_lines

KNOWN = ("email", "name", "password", "id")


def read(content: str | bytes, file_format: RecordFormat = "csv") -> list[tuple[int, Any]]:
    """Return the line and the fields, or the complaint, of each record."""
    raw = content if isinstance(content, bytes) else content.encode()
    with io.TextIOWrapper(io.BytesIO(raw), **TEXT) as text:
        records = read_records(text, file_format, KNOWN)
        return [
            (line, unreadable or dict(zip(names, texts, strict=True)))
            for line, names, texts, unreadable in records
        ]


def test_csv_is_read_by_its_header() -> None:
    assert read("name,email\nAda,ada@example.com\n\n,eve@example.com\n") == [
        (2, {"name": "Ada", "email": "ada@example.com"}),
        (4, {"name": "", "email": "eve@example.com"}),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_and_a_byte_order_mark_are_understood(end: str) -> None:
    content = "\ufeffemail" + end + "a@example.com" + end
    assert read(content) == [(2, {"email": "a@example.com"})]


def test_a_record_over_several_lines_is_named_by_the_first() -> None:
    content = 'email,name\na,"x\ny"\nb,z\n'
    assert [line for line, _ in read(content)] == [2, 4]


def test_a_record_that_cannot_be_read_does_not_hide_the_next() -> None:
    found = read('email,name\na\nb,"x"y\nc,d,e\nf,g\n')
    assert [line for line, fields in found if isinstance(fields, dict)] == [5]
    assert [line for line, reason in found if isinstance(reason, str)] == [2, 3, 4]
    assert found[0][1] == "The record has 1 cells, and the header 2."


@pytest.mark.parametrize(
    "content", ["", "nonsense\n", "email,email\n", "email;name\n", "Email\n", "email,\n", '"\n']
)
def test_a_header_that_says_nothing_is_refused(content: str) -> None:
    with pytest.raises(InvalidInput):
        read(content)


def test_bytes_that_are_no_text_become_what_no_field_accepts() -> None:
    [(_, fields)] = read(b"name\n\xff\n")
    assert fields == {"name": "\udcff"}


def test_json_lines_hold_an_object_each() -> None:
    content = '{"email": "a", "name": null, "id": 7}\n\n[1]\n{\n{"name": 7}\n{"name": true}\n'
    assert read(content, "jsonl") == [
        (1, {"email": "a", "name": None}),
        (3, "The line is no JSON object."),
        (4, "The line is no JSON."),
        (5, "The value of 'name' is no text."),
        (6, {"name": "true"}),
    ]


def test_json_that_is_nested_without_end_is_no_json() -> None:
    assert read("[" * 100_000 + "\n", "jsonl") == [(1, "The line is no JSON.")]


TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_what_is_written_as_csv_is_read_back(rows: list[tuple[str, str]]) -> None:
    content = "".join(record_lines([rows], ("email", "name"), "csv"))
    assert [fields for _, fields in read(content)] == [
        {"email": email, "name": name} for email, name in rows
    ]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
@example([('},{"', 'a"},{"'), ('\\"},{"', "\n")])
def test_what_is_written_as_json_lines_is_read_back(rows: list[tuple[str, str]]) -> None:
    content = "".join(record_lines([rows], ("email", "name"), "jsonl"))
    assert content.isascii()
    assert content.count("\n") == len(rows)
    assert [fields for _, fields in read(content, "jsonl")] == [
        {"email": email, "name": name} for email, name in rows
    ]


@given(TEXTS)
def test_no_cell_begins_a_formula_and_each_is_read_back(text: str) -> None:
    cell = csv_cell(text, escaped=False)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert csv_text(cell) == text


def test_an_apostrophe_in_a_password_is_its_own() -> None:
    assert read("email,password\n'=a,'=b\n") == [(2, {"email": "=a", "password": "'=b"})]


def test_values_are_written_as_every_other_command_writes_them() -> None:
    row = (7, "a", None, True, False)
    fields = ("id", "email", "name", "yes", "no")
    [line] = record_lines([[row]], fields, "jsonl")
    assert json.loads(line) == dict(zip(fields, row, strict=True))
    [header, cells] = record_lines([[row]], fields, "csv")
    assert list(csv.reader([header, cells])) == [list(fields), ["7", "a", "", "true", "false"]]


def test_csv_on_a_terminal_shows_what_is_unseen() -> None:
    [_, line] = record_lines([[("\x1b[31m",)]], ("name",), "csv", escaped=True)
    assert line == "\\x1b[31m\n"
