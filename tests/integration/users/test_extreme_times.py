"""Users who were created when no computer was."""

import csv
import io
import json

import pytest

from tests.support.cli import Userctl

EARLY = {
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z",
    "0476-09-04T12:00:00+01:00": "0476-09-04T11:00:00Z",
    "0999-12-31T23:59:59Z": "0999-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z": "1969-12-31T23:59:59Z",
}


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_years_before_1000_are_written_with_four_digits_and_read_again(
    userctl: Userctl, file_format: str
) -> None:
    lines = [f"u{n}@example.com,{time}\n" for n, time in enumerate(EARLY)]
    source = "email,created_at\n" + "".join(lines)
    assert userctl("user", "import", "-", "--format", "csv", stdin=source).code == 0
    shown = [user["created_at"] for user in userctl("user", "list", "-o", "json").json]
    assert shown == list(EARLY.values())
    for output in (
        userctl("user", "list").out,
        userctl("user", "show", "2").out,
        userctl("user", "list", "-o", "csv").out,
    ):
        assert "0476-09-04T11:00:00Z" in output
    exported = userctl("user", "export", "-", "--format", file_format).out
    if file_format == "csv":
        rows = list(csv.DictReader(io.StringIO(exported)))
    else:
        rows = [json.loads(line) for line in exported.splitlines()]
    assert [row["created_at"] for row in rows] == list(EARLY.values())
    again = userctl(
        "user", "import", "-", "--format", file_format, "--on-conflict", "skip", "-o", "json",
        stdin=exported,
    )  # fmt: skip
    assert again.json["skipped"] == len(EARLY)
    sorted_ids = userctl("user", "list", "--sort", "created_at", "-q").out
    assert sorted_ids.split() == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+01:00",
        "0001-01-01T00:00:00.000001+00:01",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_a_time_out_of_range_is_a_rejected_record(
    local: Userctl, time: str, file_format: str
) -> None:
    if file_format == "csv":
        lines = f"email,created_at\na@example.com,{time}\nb@example.com,\n"
    else:
        users = [{"email": "a@example.com", "created_at": time}, {"email": "b@example.com"}]
        lines = "".join(json.dumps(user) + "\n" for user in users)
    command = ("user", "import", "-", "--format", file_format)
    refused = local(*command, stdin=lines)
    assert refused.code == 2
    assert "created_at" in refused.err
    partial = local(*command, "--partial", "-q", stdin=lines)
    assert partial.code == 7
    assert [user["email"] for user in local("user", "list", "-o", "json").json] == ["b@example.com"]


def test_an_option_with_a_time_out_of_range_is_invalid(local: Userctl) -> None:
    local("user", "create", "a@example.com", "--no-password")
    for command in (
        ("user", "update", "1", "--created-at", "0001-01-01T00:00:00+01:00"),
        ("user", "update", "1", "--created-at", "2999-01-01T00:00:00Z"),
        ("user", "update", "1", "--created-at", "yesterday"),
        ("audit", "list", "--since", "0001-01-01T00:00:00+01:00"),
    ):
        assert local(*command, "-o", "json").error["code"] == "invalid_input"
    assert local("user", "update", "1", "--created-at", "0009-01-01T00:00:00Z").code == 0
    assert "0009-01-01T00:00:00Z" in local("user", "show", "1").out
    assert local("audit", "list", "--since", "0009-01-01").code == 0
