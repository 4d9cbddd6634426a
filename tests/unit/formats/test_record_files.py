"""Records in CSV and JSON lines."""

import csv
import io
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from userctl.core.errors import InvalidInput
from userctl.formats.csv_cells import csv_cell, csv_text
from userctl.formats.file_format import TEXT, choose_format
from userctl.formats.reader import IMPORT_EXTENSIONS, READERS, ImportFormat, read_records
from userctl.formats.writer import EXPORT_EXTENSIONS, WRITERS, ExportFormat, write_records

KNOWN = ("email", "name", "password", "id")


def read(content: str | bytes, file_format: ImportFormat = "csv") -> list[tuple[int, Any]]:
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
    assert found[0][1] == "Expected 2 cells, found 1."


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
        (3, "Not a JSON object."),
        (4, "Not valid JSON."),
        (5, "The value of 'name' is not a string."),
        (6, {"name": "true"}),
    ]


def test_json_that_is_nested_too_deeply_is_not_valid() -> None:
    assert read("[" * 100_000 + "\n", "jsonl") == [(1, "Not valid JSON.")]


TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_what_is_written_as_csv_is_read_back(rows: list[tuple[str, str]]) -> None:
    content = "".join(write_records([rows], ("email", "name"), "csv"))
    assert [fields for _, fields in read(content)] == [
        {"email": email, "name": name} for email, name in rows
    ]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
@example([('},{"', 'a"},{"'), ('\\"},{"', "\n")])
def test_what_is_written_as_json_lines_is_read_back(rows: list[tuple[str, str]]) -> None:
    content = "".join(write_records([rows], ("email", "name"), "jsonl"))
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
    [line] = write_records([[row]], fields, "jsonl")
    assert json.loads(line) == dict(zip(fields, row, strict=True))
    [header, cells] = write_records([[row]], fields, "csv")
    assert list(csv.reader([header, cells])) == [list(fields), ["7", "a", "", "true", "false"]]


def test_csv_on_a_terminal_escapes_invisible_characters() -> None:
    [_, line] = write_records([[("\x1b[31m",)]], ("name",), "csv", escaped=True)
    assert line == "\\x1b[31m\n"


@pytest.mark.parametrize(
    ("formats", "table", "extensions"),
    [
        (ImportFormat, READERS, IMPORT_EXTENSIONS),
        (ExportFormat, WRITERS, EXPORT_EXTENSIONS),
    ],
)
def test_every_format_has_its_function_and_an_extension(
    formats: Any, table: dict[str, Any], extensions: dict[str, str]
) -> None:
    assert set(get_args(formats)) == set(table) == set(extensions.values())


def test_what_can_be_read_and_what_can_be_written_are_separate_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(READERS, "xml", None)  # type: ignore[misc]
    with pytest.raises(KeyError):
        list(write_records([], (), "xml"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "chosen", "found"),
    [
        ("a.csv", None, "csv"),
        ("a.jsonl", None, "jsonl"),
        ("a.ndjson", None, "jsonl"),
        ("a.txt", "csv", "csv"),
        ("a.csv", "jsonl", "jsonl"),
    ],
)
def test_the_option_decides_the_format_and_else_the_extension(
    name: str, chosen: ImportFormat | None, found: str
) -> None:
    assert choose_format(Path(name), chosen, IMPORT_EXTENSIONS) == found


@pytest.mark.parametrize("name", ["-", "accounts", "a.xlsx", "a.CSV"])
def test_a_name_that_does_not_tell_the_format_is_refused_with_the_formats(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        choose_format(Path(name), None, IMPORT_EXTENSIONS)
    assert caught.value.message == f"The name '{name}' does not tell the format of the file."
    assert caught.value.hint == "Pass --format csv or jsonl."
