"""What records look like."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from userctl.cli.output import render, table
from userctl.cli.output.render import ReaderLeft, Renderer
from userctl.core.errors import OutputLost
from userctl.core.text import has_invisible_characters

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
    Renderer(output, quiet=quiet, fields=fields, names=FIELDS).print_records(iter(things), COLUMNS)
    return capsys.readouterr().out


def recorded(capsys: pytest.CaptureFixture[str], output: str, thing: Thing) -> str:
    Renderer(output, quiet=False, fields=None).print_record(thing)
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


def test_a_long_table_has_one_header_and_columns_that_never_get_narrower(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_BLOCK", 2)
    things = [Thing(id=number, name=name) for number, name in enumerate(("a", "b" * 6, "", "d"), 9)]
    assert printed(capsys, "table", *things, Thing(id=10_000)).splitlines() == [
        "id  name",
        "9   a",
        "10  bbbbbb",
        "11",
        "12  d",
        "10000  Ada",
    ]


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
@pytest.mark.parametrize("quiet", [False, True])
def test_what_is_read_first_is_written_before_the_rest_is_read(
    capsys: pytest.CaptureFixture[str], output: str, quiet: bool
) -> None:
    def things() -> Iterator[Thing]:
        for number in range(5000):
            if number == 4999:
                text = capsys.readouterr().out
                assert "3999" in text
                assert len(text) < 1_000_000
            yield Thing(id=number)

    Renderer(output, quiet=quiet, fields=None, names=FIELDS).print_records(things(), COLUMNS)
    assert "4999" in capsys.readouterr().out


class Terminal(io.StringIO):
    """A terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_table_and_csv_go_without_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    for output, expected in (("table", "1   Ada\n22  Ada\n"), ("csv", "1,Ada\n22,Ada\n")):
        renderer = Renderer(output, quiet=False, fields=["id", "name"], header=False)
        assert renderer.print_records([Thing(), Thing(id=22)], COLUMNS) == 2
        assert capsys.readouterr().out == expected
    Renderer("csv", quiet=False, fields=["id"], header=False).print_record(Thing())
    assert capsys.readouterr().out == "1\n"


class Event(BaseModel):
    """A record with a status, a time and a size."""

    id: int = 1
    email: str = "ada@example.com"
    status: str = "active"
    created_at: datetime
    size_bytes: int = 12_897_532


HOURS_AGO = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def later_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard output a terminal of 80 columns, three hours after an event, and return it."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(table, "utc_now", lambda: HOURS_AGO + timedelta(hours=3))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return terminal


def test_a_record_on_a_terminal_has_times_and_sizes_as_people_say_them_beside_the_exact_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = later_on_a_terminal(monkeypatch)
    Renderer("table", quiet=False, fields=None).print_record(Event(created_at=HOURS_AGO))
    text = terminal.getvalue()
    assert "2030-01-02T03:04:05Z (3 h ago)" in text
    assert "12.3 MiB (12,897,532)" in text
    assert "\x1b[32mactive\x1b[0m" in text


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["id", "created_at"], "1   2030-01-02T03:04:05Z (3 h ago)"),
        (
            ["id", "email", "created_at", "size_bytes"],
            "1   ada@example.com  2030-01-02T03:04:05Z (3 h ago)  12.3 MiB (12,897,532)",
        ),
        (
            ["id", "email", "status", "created_at", "size_bytes"],
            "1   ada@example.com  active  2030-01-02T03:04:05Z  12.3 MiB",
        ),
        (["email"] * 4 + ["created_at"], f"{'ada@example.com  ' * 4}3 h ago"),
    ],
)
def test_a_time_in_a_table_takes_the_longest_form_that_fits(
    monkeypatch: pytest.MonkeyPatch, columns: list[str], expected: str
) -> None:
    terminal = later_on_a_terminal(monkeypatch)
    Renderer("table", quiet=False, fields=None).print_records(
        [Event(created_at=HOURS_AGO)], columns
    )
    _header, row = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    assert row == expected


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_nothing_is_colored_where_colors_are_unwanted_or_unknown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    terminal = later_on_a_terminal(monkeypatch)
    monkeypatch.setenv(variable, value)
    renderer = Renderer("table", quiet=False, fields=None)
    renderer.print_records([Event(created_at=HOURS_AGO)], ["id", "status"])
    renderer.print_record(Event(created_at=HOURS_AGO))
    assert "\x1b[3" not in terminal.getvalue()
    assert ("\x1b" in terminal.getvalue()) == (variable == "NO_COLOR")


def test_colors_change_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = later_on_a_terminal(monkeypatch)
    states = ("active", "no", "disabled")
    records = [Event(created_at=HOURS_AGO, status=state) for state in states]
    Renderer("table", quiet=False, fields=None).print_records(records, ["status", "id"])
    assert terminal.getvalue().splitlines()[1:] == [
        "\x1b[32mactive\x1b[0m    1",
        "no        1",
        "\x1b[31mdisabled\x1b[0m  1",
    ]


def test_off_a_terminal_times_and_sizes_are_exact(capsys: pytest.CaptureFixture[str]) -> None:
    renderer = Renderer("table", quiet=False, fields=None)
    renderer.print_records([Event(created_at=HOURS_AGO)], ["created_at", "size_bytes"])
    assert capsys.readouterr().out.splitlines()[1] == "2030-01-02T03:04:05Z  12897532"


def on_terminal(monkeypatch: pytest.MonkeyPatch, width: int, *records: BaseModel) -> list[str]:
    """Return the lines of a table on a terminal of some width, without their style."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(table, "_BLOCK", 2)
    Renderer("table", quiet=False, fields=None).print_records(records, ["name", "id", "email"])
    text = terminal.getvalue()
    assert text.startswith("\x1b[1m")
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


class Person(BaseModel):
    """A record with two columns that may be folded."""

    name: str
    id: int
    email: str


def test_columns_that_may_be_folded_share_the_room_of_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long, short = (
        Person(name="n" * 30, id=1, email="e" * 16),
        Person(name="Ada", id=22, email="a@x"),
    )
    assert on_terminal(monkeypatch, 40, long, short) == [
        "name                id  email",
        f"{'n' * 18}  1   {'e' * 16}",
        "n" * 12,
        "Ada                 22  a@x",
    ]


def test_a_terminal_with_little_room_gets_columns_that_can_still_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = on_terminal(monkeypatch, 30, Person(name="名" * 10, id=1, email="e" * 14))
    assert lines == [
        f"name{' ' * 10}id  email",
        f"{'名' * 6}  1   {'e' * 12}",
        f"{'名' * 4}{' ' * 10}ee",
    ]


def test_a_terminal_without_room_gets_one_record_below_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = [Person(name="名" * 10, id=1, email="e" * 14), Person(name="b", id=2, email="f" * 14)]
    lines = on_terminal(monkeypatch, 29, *people)
    assert lines == [
        *(f"name   {'名' * 10}", "id     1", f"email  {'e' * 14}", ""),
        *("name   b", "id     2", f"email  {'f' * 14}"),
    ]


def test_a_later_block_of_a_table_on_a_terminal_keeps_the_widths_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = [Person(name="n" * 18, id=1, email="e" * 16), Person(name="Ada", id=2, email="a@x")]
    lines = on_terminal(monkeypatch, 40, *people, *people[1:])
    assert lines[2] == lines[3] == "Ada                 2   a@x"


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
        Renderer(form, quiet=False, fields=None).print_record(Thing())


@pytest.mark.parametrize("error", [Full(), None])
def test_a_lost_standard_error_is_ignored(
    monkeypatch: pytest.MonkeyPatch, error: io.StringIO | None
) -> None:
    monkeypatch.setattr(sys, "stderr", error)
    render.write_error("not read")


FORMATS = pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
WHEN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


class User(BaseModel):
    """A record with an id."""

    id: int = 7
    name: str | None = "Ada"
    when: datetime = WHEN


class Note(BaseModel):
    """A record without an id, with a list of texts."""

    words: list[str]


def shown(capsys: pytest.CaptureFixture[str], output: str, record: BaseModel,
          fields: list[str] | None = None, *, quiet: bool = False) -> str:  # fmt: skip
    Renderer(output, quiet=quiet, fields=fields).print_record(record)
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
    assert shown(capsys, output, User(), ["name", "id"]) == text


@FORMATS
def test_a_quiet_record_is_its_id(capsys: pytest.CaptureFixture[str], output: str) -> None:
    assert shown(capsys, output, User(), ["name"], quiet=True) == "7\n"
    assert shown(capsys, output, Note(words=[]), quiet=True) == ""


@FORMATS
def test_no_records_and_quiet_print_nothing(
    capsys: pytest.CaptureFixture[str], output: str
) -> None:
    Renderer(output, quiet=True, fields=None).print_records(iter([]), ["id"])
    assert capsys.readouterr().out == ""


@FORMATS
def test_a_time_ends_in_z_in_every_format(capsys: pytest.CaptureFixture[str], output: str) -> None:
    assert "2030-01-02T03:04:05Z" in shown(capsys, output, User())


def test_a_missing_value_is_null_in_json_and_empty_in_csv(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert json.loads(shown(capsys, "json", User(name=None)))["name"] is None
    assert shown(capsys, "csv", User(name=None), ["id", "name"]) == "id,name\n7,\n"


@given(name=st.text(st.characters(), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_record_keeps_to_one_line_and_shows_no_invisible_character(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    Renderer("table", quiet=False, fields=None).print_records([User(name=name)], ["id", "name"])
    header, row, end = capsys.readouterr().out.split("\n")
    assert (header.split(), end) == (["id", "name"], "")
    assert row.startswith("7")
    assert not has_invisible_characters(row)


@pytest.mark.parametrize("prefix", ["=", "+", "-", "@", "\t", "\r", "'", "''", "=="])
def test_a_formula_in_csv_is_text_and_comes_back(
    capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    name = f'{prefix}HYPERLINK("x")'
    text = shown(capsys, "csv", User(name=name), ["name"])
    (cell,) = [*csv.reader(io.StringIO(text, newline=""))][1]
    assert cell == f"'{name}"


def test_a_list_in_csv_is_not_a_formula_either(capsys: pytest.CaptureFixture[str]) -> None:
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
def test_a_reader_that_left_is_noticed_once(
    monkeypatch: pytest.MonkeyPatch, output: str, quiet: bool
) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(ReaderLeft):
        Renderer(output, quiet=quiet, fields=None).print_records([User()], ["id"])
    assert sys.stdout is None
    render.flush()


def test_a_reader_that_left_before_the_buffer_was_written_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(ReaderLeft):
        render.flush()


class Anything(BaseModel):
    """A record with a value of some kind."""

    value: Any


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("uctl_api_1", "uctl_api_1"),
        ("=1+1", "=1+1"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        (None, ""),
        (7, "7"),
        (True, "true"),
        (datetime(2030, 1, 1, tzinfo=UTC), "2030-01-01T00:00:00Z"),
        (["a", "=b"], "a, =b"),
    ],
)
def test_a_raw_value_is_one_line_and_nothing_else(
    value: object, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    renderer = Renderer("raw", quiet=False, fields=["value"])
    renderer.print_record(Anything(value=value))
    renderer.print_records([Anything(value=value)] * 2, ["value"])
    assert capsys.readouterr().out == f"{printed}\n" * 3
