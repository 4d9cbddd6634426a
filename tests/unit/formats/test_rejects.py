"""Rejected records, which can be corrected and imported again."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.record_files import read, read_whole
from userctl.core.errors import InvalidInput
from userctl.formats.encoding import UNDECODABLE
from userctl.formats.read_options import LONGEST_RECORD
from userctl.formats.reader import ImportFormat
from userctl.formats.rejects import format_rejects

REASON = 'No, "it\'s wrong":\n=1+1.'


def reject(content: str | bytes, file_format: ImportFormat = "csv", **options: Any) -> bytes:
    """Return the file of rejects if every record is rejected."""
    records = read_whole(content, file_format, keep_sources=True, **options)
    texts = format_rejects([(record.source, REASON) for record in records], file_format)
    return "".join(texts).encode(errors=UNDECODABLE)


def meanings(content: str | bytes, file_format: ImportFormat = "csv", **options: Any) -> list[Any]:
    """Return the fields of each record but the reason, and None for one that cannot be read."""
    return [
        {key: text for key, text in fields.items() if key != "reason"}
        if isinstance(fields, dict)
        else None
        for _, fields in read(content, file_format, **options)
    ]


def test_rows_keep_header_delimiter_and_cells() -> None:
    content = 'Name;E-Mail;id\n\'=1+1;"a;b"@example.com;7\n";";x;""\n'
    found = reject(content.replace('"a;b"', "a"), aliases={"e-mail": "email"}).decode()
    assert found.replace('"No, ""it\'s wrong"":\n=1+1."', "R") == (
        'reason;Name;E-Mail;id\nR;\'=1+1;a@example.com;7\nR;";";x;\n'
    )


def test_a_line_that_cannot_be_read_becomes_a_cell_too_many() -> None:
    found = reject('email,name\na,"b\nc\n').decode()
    assert found.startswith("reason,email,name\n")
    assert found.splitlines()[2] == '=1+1.",,,"a,""b"'
    [(_, first), (_, second)] = read(found)
    assert (first, second) == ("Expected 3 cells, found 4.", "Expected 3 cells, found 2.")


def test_a_delimiter_that_the_header_does_not_show_is_named() -> None:
    assert reject("email\na^b\n", delimiter="^").startswith(b"sep=^\nreason^email\n")
    assert meanings(reject("email^name\na^b\n", delimiter="^")) == [{"email": "a", "name": "b"}]


def test_a_file_without_rejects_can_be_imported_too() -> None:
    assert read(reject("email\n")) == []
    assert read(reject("", "jsonl"), "jsonl") == []


def test_objects_keep_their_keys_and_values() -> None:
    content = '[{"email" :\n"\\u0061",\n "other": [1.10, {"x": null}], "email": 1e2}, 5]'
    first, second = reject(content, "json").decode().splitlines()
    reason = json.dumps(REASON)
    assert first == (
        f'{{"email" : "\\u0061", "other": [1.10, {{"x": null}}], "email": 1e2, "reason": {reason}}}'
    )
    assert second == f'{{"unreadable": "5", "reason": {reason}}}'


def test_of_an_endless_line_the_beginning_is_kept() -> None:
    found = reject('{"email": "' + "x" * LONGEST_RECORD, "jsonl")
    assert json.loads(found)["unreadable"] == '{"email": "' + "x" * 989 + "…"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
@pytest.mark.parametrize(
    ("file_format", "content"), [("csv", "email,name\na,Zoë\n"), ("json", '[{"name": "Zoë"}]')]
)
def test_rejects_are_utf_8_whatever_the_file_was(
    file_format: ImportFormat, content: str, encoding: str
) -> None:
    found = reject(content.encode(encoding), file_format, encoding=encoding)
    assert meanings(found, file_format) == meanings(content, file_format)


@pytest.mark.parametrize(
    ("file_format", "content"),
    [("csv", b"email,name\na,Zo\xeb\n"), ("jsonl", b'{"name": "Zo\xeb"}\n')],
)
def test_bytes_that_do_not_fit_are_kept(file_format: ImportFormat, content: bytes) -> None:
    found = reject(content, file_format)
    assert meanings(found, file_format) == [None]
    assert meanings(found, file_format, encoding="cp1252")[0]["name"] == "Zoë"


def test_surrogates_of_another_kind_are_no_bug() -> None:
    assert b"\xed\xa0\x80" in reject(b"email\n+2AA-\n", encoding="utf-7")


LINES = st.lists(st.text(st.sampled_from("abé,;'\"= \r\t\N{RIGHT-TO-LEFT OVERRIDE}\x00[")))


@given(LINES, st.sampled_from(["email,name", "name;email", "email|Reason|name", "reason\temail"]))
@example(["a,b,c", ",,,x", 'a,"', '"', 'b"c,d"'], "email,name")
@example(["x|y|z", "x", "x|y", "x|y|z|a"], "email|Reason|name")
def test_rejected_csv_says_the_same_again(lines: list[str], header: str) -> None:
    content = "\n".join([header, *lines])
    try:
        expected = meanings(content)
    except InvalidInput:
        return
    found = reject(content)
    assert meanings(found) == expected
    assert reject(found) == found


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2)
)
OBJECTS = st.dictionaries(st.sampled_from(["email", "Name", "reason", "other"]) | st.text(), VALUES)


@given(st.lists(OBJECTS | VALUES, max_size=5), st.booleans())
def test_rejected_json_says_the_same_again(values: list[Any], plain: bool) -> None:
    array = json.dumps(values, ensure_ascii=plain, indent=1)
    expected = meanings(array, "json", ignore_unknown=True)
    found = reject(array, "json")
    again = meanings(found, "jsonl", ignore_unknown=True)
    assert [fields or None for fields in again] == [fields or None for fields in expected]
    assert reject(found, "jsonl") == found
