"""What records look like."""

import csv
import io
import json
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from userctl.cli import render
from userctl.cli.render import Renderer
from userctl.errors import OutputLost

COLUMNS = ("id", "name")


class Thing(BaseModel):
    """A record of every type there is."""

    id: int = 1
    name: str | None = "Ada"
    good: bool = True
    when: datetime = datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    parts: list[str] = ["a", "b"]


FIELDS = list(Thing.model_fields)


def printed(capsys: pytest.CaptureFixture[str], output: str, *things: Thing,
            fields: list[str] | None = None, quiet: bool = False) -> str:  # fmt: skip
    Renderer(output, quiet=quiet, fields=fields).records(iter(things), COLUMNS, FIELDS)
    return capsys.readouterr().out


def recorded(capsys: pytest.CaptureFixture[str], output: str, thing: Thing) -> str:
    Renderer(output, quiet=False, fields=None).record(thing)
    return capsys.readouterr().out


def test_json_is_the_bare_object_or_array(capsys: pytest.CaptureFixture[str]) -> None:
    expected = {"id": 1, "name": "Ada", "good": True, "when": "2030-01-02T03:04:05Z",
                "parts": ["a", "b"]}  # fmt: skip
    assert json.loads(recorded(capsys, "json", Thing())) == expected
    assert json.loads(printed(capsys, "json", Thing(), Thing())) == [expected, expected]
    assert printed(capsys, "json") == "[]\n"


def test_json_lines_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "jsonl", Thing(), Thing(id=2)).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2]
    assert recorded(capsys, "jsonl", Thing()).count("\n") == 1
    assert printed(capsys, "jsonl") == ""


def test_csv_always_has_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "csv") == "id,name,good,when,parts\n"
    assert printed(capsys, "csv", Thing(name=None)) == (
        'id,name,good,when,parts\n1,,true,2030-01-02T03:04:05Z,"a, b"\n'
    )
    assert recorded(capsys, "csv", Thing()).startswith("id,name")


def test_a_table_has_the_columns_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "table", Thing()) == "id  name\n1   Ada\n"
    assert printed(capsys, "table") == "id  name\n"


def test_a_record_in_a_table_has_a_line_for_each_field_that_is_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert recorded(capsys, "table", Thing(name=None)) == (
        "id     1\ngood   yes\nwhen   2030-01-02T03:04:05Z\nparts  a, b\n"
    )


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_fields_picks_columns_in_the_order_given(
    capsys: pytest.CaptureFixture[str], output: str
) -> None:
    text = printed(capsys, output, Thing(), fields=["name", "id"])
    assert text.index("name") < text.index("id") if output != "table" else text == (
        "name  id\nAda   1\n"
    )  # fmt: skip
    assert "good" not in text


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_quiet_prints_ids_alone(capsys: pytest.CaptureFixture[str], output: str) -> None:
    assert printed(capsys, output, Thing(), Thing(id=2), quiet=True) == "1\n2\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[/]", "[/]"),
        ("[red]x[/red]", "[red]x[/red]"),
        (":smile:", ":smile:"),
        ("\\[x]", "\\[x]"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\nb", "a\\nb"),
        ("x" * 300, "x" * 300),
        ("名前", "名前"),
    ],
)
def test_text_is_shown_as_plain_text(
    capsys: pytest.CaptureFixture[str], name: str, shown: str
) -> None:
    thing = Thing(name=name)
    assert f"name   {shown}\n" in recorded(capsys, "table", thing)
    assert f"1   {shown}\n" in printed(capsys, "table", thing)
    text = recorded(capsys, "json", thing)
    assert text.isascii()
    assert not set(text) & {"\x1b", "\x7f"}
    assert json.loads(text)["name"] == name


def test_del_is_escaped_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    text = recorded(capsys, "json", Thing(name="a\x7fb"))
    assert "\x7f" not in text
    assert json.loads(text)["name"] == "a\x7fb"


@given(name=st.text(st.characters(exclude_categories=["Cs"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_csv_cell_is_a_formula_and_the_text_comes_back(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text = printed(capsys, "csv", Thing(name=name))
    _, row = csv.reader(io.StringIO(text, newline=""))
    assert not row[1].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row[1].removeprefix("'") == name


def test_times_are_shown_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    there = datetime(2030, 1, 2, 4, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    assert "2030-01-02T03:04:05Z" in recorded(capsys, "table", Thing(when=there))


class Full(io.StringIO):
    """An output on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("output", [Full(), None])
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_a_lost_output_is_reported(
    monkeypatch: pytest.MonkeyPatch, output: io.StringIO | None, form: str
) -> None:
    monkeypatch.setattr(sys, "stdout", output)
    with pytest.raises(OutputLost):
        Renderer(form, quiet=False, fields=None).record(Thing())


@pytest.mark.parametrize("error", [Full(), None])
def test_a_lost_standard_error_hurts_nobody(
    monkeypatch: pytest.MonkeyPatch, error: io.StringIO | None
) -> None:
    monkeypatch.setattr(sys, "stderr", error)
    render.write_error("nobody reads this")
