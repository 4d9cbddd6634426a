"""Records in JSON lines, in an array and in objects one after the other."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.record_files import read
from userctl.core.errors import InvalidInput
from userctl.formats import json_window
from userctl.formats.reader import ImportFormat


def test_json_lines_hold_an_object_each() -> None:
    content = '{"email": "a", "name": null, "id": 7}\n\n[1]\n{\n{"name": 7}\n{"name": true}\n'
    assert read(content, "jsonl") == [
        (1, {"email": "a", "name": None, "id": "7"}),
        (3, "Not a JSON object."),
        (4, "Not valid JSON."),
        (5, "The value of 'name' is not a string."),
        (6, {"name": "true"}),
    ]


def test_an_array_holds_an_object_each() -> None:
    content = '[\n {"email": "a", "id": 7},\n [1],\n 12,\n {"name": true}, {"name": {}}\n]\n'
    assert read(content, "json") == [
        (2, {"email": "a", "id": "7"}),
        (3, "Not a JSON object."),
        (4, "Not a JSON object."),
        (5, {"name": "true"}),
        (5, "The value of 'name' is not a string."),
    ]


def test_objects_may_follow_one_another() -> None:
    objects = '{"email": "a"}\n{"email":\n "b"}{"email": "c"}'
    assert read(objects, "json") == [(1, {"email": "a"}), (2, {"email": "b"}), (3, {"email": "c"})]


@pytest.mark.parametrize("content", ["", " \n", "[]", " [ ]\n"])
def test_no_records_are_no_failure(content: str) -> None:
    assert read(content, "json") == []
    assert read(content, "jsonl") == []


def test_an_array_under_the_name_of_json_lines_is_read_as_one() -> None:
    assert read('\n[{"email": "a"},\n{"email": "b"}]\n', "jsonl") == [
        (2, {"email": "a"}),
        (3, {"email": "b"}),
    ]


@given(
    st.lists(st.fixed_dictionaries({"email": st.text(max_size=9), "name": st.text(max_size=9)})),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.integers(1, 9),
)
def test_an_array_is_read_whatever_is_read_at_once(
    records: list[dict[str, str]], indent: int | None, plain: bool, chunk: int
) -> None:
    content = json.dumps(records, indent=indent, ensure_ascii=plain)
    whole = json_window.CHUNK
    json_window.CHUNK = chunk
    try:
        found = read(content.encode("utf-8", "surrogatepass"), "json")
    finally:
        json_window.CHUNK = whole
    if plain:
        assert [fields for _, fields in found] == records
    assert len(found) == len(records)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"email": "a"}', "Line 1: A comma or the end of the array is missing."),
        ('[\n{"email": "a"},\n', "Line 3: Not valid JSON."),
        ('[\n{"email": "a"}\n{"email": "b"}]', "Line 3: A comma or the end of the array"),
        ('[{"email": "a"},]', "Line 1: Not valid JSON."),
        ('[{"email": "a"}] x', "Line 1: Something follows the end of the array."),
        ('[\n{"email": "a"},\n{"email": \n', "Line 3: Not valid JSON."),
        ("\nnonsense", "Line 2: Not valid JSON."),
        ("[" * 100_000, "Line 1: Not valid JSON."),
        ('{"email": "a"}\n}', "Line 2: Not valid JSON."),
    ],
)
def test_where_records_cannot_be_told_apart_the_file_is_refused(content: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(content, "json")
    assert caught.value.message.startswith(message)


def test_json_that_is_nested_too_deeply_is_not_valid() -> None:
    content = '{"email": ' + "[" * 100_000 + "\n"
    assert read(content, "jsonl") == [(1, "Not valid JSON.")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ('{"email": "a", "email": "b"}', "The key 'email' appears twice."),
        ('{"id": 1, "email": "a", "id": 1}', "The key 'id' appears twice."),
        ('{"email": "a", "Email": "b"}', "The field 'email' appears twice."),
        ('{"email": "a", "name": {"x": 1, "x": 2}}', "The value of 'name' is not a string."),
    ],
)
@pytest.mark.parametrize("file_format", ["jsonl", "json"])
def test_a_field_that_a_record_has_twice_is_refused(
    record: str, reason: str, file_format: ImportFormat
) -> None:
    found: list[tuple[int, Any]] = read(f'{record}\n{{"email": "c"}}\n', file_format)
    assert found == [(1, reason), (2, {"email": "c"})]
