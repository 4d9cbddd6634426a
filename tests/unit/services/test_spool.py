"""Rows that wait on disk."""

from typing import NamedTuple

import pytest

from userctl.services.users.import_ import spool
from userctl.services.users.import_.spool import Spool


class Row(NamedTuple):
    number: int
    text: str | None


@pytest.mark.parametrize("in_memory", [1, 2**20])
def test_rows_come_back_as_often_as_they_are_wanted(
    in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY_BYTES", in_memory)
    rows = Spool(Row._make)
    rows.append([Row(1, "a"), Row(2, None)])
    rows.append([])
    rows.append([Row(3, "c")])
    expected = [Row(1, "a"), Row(2, None), Row(3, "c")]
    assert [list(rows), list(rows)] == [expected, expected]
    assert [len(chunk) for chunk in rows.chunks()] == [2, 1]
    assert rows.rows == 3
    rows.append([Row(4, "d")])
    assert list(rows)[-1] == Row(4, "d")


def test_an_empty_spool_has_no_rows() -> None:
    assert list(Spool(Row._make)) == []
