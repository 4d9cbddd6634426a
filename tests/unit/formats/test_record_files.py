"""Records in CSV and JSON lines."""

import csv
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.record_files import read
from userctl.core.errors import InvalidInput
from userctl.formats.csv_cells import csv_cell, csv_text
from userctl.formats.file_format import choose_format
from userctl.formats.reader import IMPORT_EXTENSIONS, READERS, ImportFormat
from userctl.formats.writer import EXPORT_EXTENSIONS, WRITERS, ExportFormat, write_records


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
    "content",
    ["", "\n", "nonsense\n", "email,email\n", "email,Email\n", ",\n", '"\n', "e\xa0mail\n"],
)
def test_a_header_that_says_nothing_is_refused(content: str) -> None:
    with pytest.raises(InvalidInput):
        read(content)


TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_what_is_written_as_csv_is_read_back(rows: list[tuple[str, str]]) -> None:
    rows = [row for row in rows if any(row)]  # A row without any text is a blank line.
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
        ("a.CSV", None, "csv"),
        ("a.tsv", None, "csv"),
        ("a.json", None, "json"),
    ],
)
def test_the_option_decides_the_format_and_else_the_extension(
    name: str, chosen: ImportFormat | None, found: str
) -> None:
    assert choose_format(Path(name), chosen, IMPORT_EXTENSIONS) == found


@pytest.mark.parametrize("name", ["-", "accounts", "a.xlsx", "a.txt"])
def test_a_name_that_does_not_tell_the_format_is_refused_with_the_formats(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        choose_format(Path(name), None, IMPORT_EXTENSIONS)
    assert caught.value.message == f"The name '{name}' does not tell the format of the file."
    assert caught.value.hint == "Pass --format csv, json or jsonl."
