"""Users as code are read again as they were written."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.formats.declarations.test_reader import NAMES
from userctl.formats.declarations.reader import read_declaration
from userctl.formats.declarations.writer import scalar, write_declaration

USERS = st.lists(
    st.fixed_dictionaries(
        {"name": st.none() | NAMES, "role": st.sampled_from(["user", "admin", "null", "07"])}
    ),
    max_size=4,
)


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@given(users=USERS, set_name=st.sampled_from([None, "team", "no", "1e3"]))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    users: list[dict[str, Any]],
    set_name: str | None,
) -> None:
    users = [{"email": f"{n}e{n}@example.com", **user} for n, user in enumerate(users)]
    path = tmp_path_factory.getbasetemp() / f"written{suffix}"
    chunks = [[], users[:2], users[2:]]
    path.write_text("".join(write_declaration(path, chunks, set_name)), encoding="utf-8")
    found = read_declaration([path])
    assert found.set == set_name
    assert [user.model_dump(exclude_unset=True) for user in found.users] == users


@given(NAMES)
def test_a_reader_of_yaml_1_1_reads_the_same_text(name: str) -> None:
    # Its libraries take these for what YAML does not allow.
    if not set(name) & {"\ufffe", "\uffff"}:
        assert yaml.safe_load(f"name: {scalar(name)}") == {"name": name}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("O'Neill", "O'Neill"),
        ("ada@example.com", "ada@example.com"),
        ("Zoë", "Zoë"),
        ("no", '"no"'),
        ("Null", '"Null"'),
        ("0777", '"0777"'),
        ("1e3", '"1e3"'),
        ("2001-01-01", '"2001-01-01"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("- a", '"- a"'),
        ("$2b$12$x", '"$2b$12$x"'),
        ('a"\\', '"a\\"\\\\"'),
        ("a\u2028b", '"a\\u2028b"'),
    ],
)
def test_a_text_is_plain_if_every_reader_takes_it_for_text(text: str, written: str) -> None:
    assert scalar(text) == written


def test_no_users_are_an_empty_list() -> None:
    assert "".join(write_declaration(Path("-"), [], None)) == "users: []\n"
    assert json.loads("".join(write_declaration(Path("x.json"), [[]], "team"))) == {
        "set": "team",
        "users": [],
    }
