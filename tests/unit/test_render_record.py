"""One record at a time, and text that would break a line."""

import csv
import io
import json
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from userctl.cli import render
from userctl.cli.render import Renderer
from userctl.errors import OutputLost
from userctl.text import has_unseen_characters

FORMATS = pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
WHEN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


class Account(BaseModel):
    """A record with an id."""

    id: int = 7
    name: str | None = "Ada"
    when: datetime = WHEN


class Note(BaseModel):
    """A record without an id, with a list of texts."""

    words: list[str]


def shown(capsys: pytest.CaptureFixture[str], output: str, record: BaseModel,
          fields: list[str] | None = None, *, quiet: bool = False) -> str:  # fmt: skip
    Renderer(output, quiet=quiet, fields=fields).record(record)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("table", "name  Ada\nid    7\n"),
        ("json", '{\n  "name": "Ada",\n  "id": 7\n}\n'),
        ("jsonl", '{"name": "Ada", "id": 7}\n'),
        ("csv", "name,id\nAda,7\n"),
    ],
)
def test_fields_picks_and_orders_those_of_one_record(
    capsys: pytest.CaptureFixture[str], output: str, text: str
) -> None:
    assert shown(capsys, output, Account(), ["name", "id"]) == text


@FORMATS
def test_a_quiet_record_is_its_id(capsys: pytest.CaptureFixture[str], output: str) -> None:
    assert shown(capsys, output, Account(), ["name"], quiet=True) == "7\n"
    assert shown(capsys, output, Note(words=[]), quiet=True) == ""


@FORMATS
def test_no_records_and_quiet_is_no_output(capsys: pytest.CaptureFixture[str], output: str) -> None:
    Renderer(output, quiet=True, fields=None).records(iter([]), ["id"], ["id"])
    assert capsys.readouterr().out == ""


@FORMATS
def test_a_time_ends_in_z_in_every_format(capsys: pytest.CaptureFixture[str], output: str) -> None:
    assert "2030-01-02T03:04:05Z" in shown(capsys, output, Account())


def test_a_missing_value_is_null_in_json_and_empty_in_csv(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert json.loads(shown(capsys, "json", Account(name=None)))["name"] is None
    assert shown(capsys, "csv", Account(name=None), ["id", "name"]) == "id,name\n7,\n"


@given(name=st.text(st.characters(), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_record_keeps_to_one_line_and_shows_nothing_unseen(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    Renderer("table", quiet=False, fields=None).records([Account(name=name)], ["id", "name"])
    header, row, end = capsys.readouterr().out.split("\n")
    assert (header.split(), end) == (["id", "name"], "")
    assert row.startswith("7")
    assert not has_unseen_characters(row)


@pytest.mark.parametrize("prefix", ["=", "+", "-", "@", "\t", "\r", "'", "''", "=="])
def test_a_formula_in_csv_is_text_and_comes_back(
    capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    name = f'{prefix}HYPERLINK("x")'
    text = shown(capsys, "csv", Account(name=name), ["name"])
    (cell,) = [*csv.reader(io.StringIO(text, newline=""))][1]
    assert cell == f"'{name}"


def test_a_list_in_csv_is_no_formula_either(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "csv", Note(words=["=1+1", "x"]))
    (cell,) = [*csv.reader(io.StringIO(text, newline=""))][1]
    assert cell == "'=1+1, x"


class Closed(io.StringIO):
    """An output whose reader is gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(32, "Broken pipe")


@FORMATS
@pytest.mark.parametrize("quiet", [True, False])
def test_records_that_nobody_reads_are_reported_once(
    monkeypatch: pytest.MonkeyPatch, output: str, quiet: bool
) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(OutputLost, match="Broken pipe"):
        Renderer(output, quiet=quiet, fields=None).records([Account()], ["id"], ["id"])
    assert sys.stdout is None
    render.flush()


def test_what_is_lost_in_the_buffer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(OutputLost, match="Broken pipe"):
        render.flush()
