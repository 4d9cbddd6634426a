"""A search finds the same users on every database, whatever its collation and encoding."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, literal, select
from sqlalchemy import text as sql

from tests.integration.conftest import FakeClock, Program, open_engine, sql_on
from tests.support.postgres import create_database
from userctl.core.text import fold
from userctl.db.engine import read_only_connection
from userctl.db.schema.migrations import upgrade
from userctl.repositories.text_search import LAST_FOLDED_CHARACTER, contains
from userctl.schemas.users import UserCreate, UserQuery

NAMES = (
    "Ольга",
    "ZO\u00cb",
    "Zoe\u0308",
    "Zoe",
    "Straße",
    "STRASSE",
    "\u0130pek",
    "ΟΔΥΣΣΕΎΣ",
    "Kelvin",
    "\u212aelvin",
    "\ufb01ona",
    "J\u030canos",
    "\u01f0anos",
    "張三",
    "Ang\u0302\u0323",
    "\u2167",
    "100%_\\",
)
FOUND = {
    "ольга": ["Ольга"],
    "ЛЬГ": ["Ольга"],
    "zo\u00eb": ["ZO\u00cb", "Zoe\u0308"],
    "ZOE\u0308": ["ZO\u00cb", "Zoe\u0308"],
    "zoe": ["Zoe"],
    "strasse": ["Straße", "STRASSE"],
    "ASS": ["Straße", "STRASSE"],
    "straß": ["Straße", "STRASSE"],
    "i\u0307pek": ["\u0130pek"],
    "οδυσσεύς": ["ΟΔΥΣΣΕΎΣ"],
    "kelvin": ["Kelvin", "\u212aelvin"],
    "FIONA": ["\ufb01ona"],
    "J\u030cANOS": ["J\u030canos", "\u01f0anos"],
    "張": ["張三"],
    "ang\u0323\u0302": ["Ang\u0302\u0323"],
    "\u2177": ["\u2167"],
    "%_\\": ["100%_\\"],
    "nobody": [],
}
TRICKY = (
    "aAsS\u017f\u00df\u1e9eiI\u0131\u0130\u0307\u0308"
    "\u0301\u0323\u0345\u00cb\u00ebeE\u00e9\u00c9kK\u212a\u00e5"
    "\u00c5\u212b\u03c3\u03c2\u03a3\u1fb3\u0391\u0399\u01f0jJ\u030c\ufb01"
    "f\u03a9\u2126\u041e\u043b\u044c\u0433\ud55c\uad6d\u1112"
)
"""Letters of which several become the same, become two, or compose with others."""
TEXTS = st.text(st.sampled_from(TRICKY), max_size=8) | st.text(
    # Databases have other versions of Unicode, which differ in rarer scripts.
    st.characters(min_codepoint=1, max_codepoint=0x7FF),
    max_size=8,
)


@pytest.fixture(params=["sqlite", "postgresql", "postgresql with collation C"])
def anywhere(request: pytest.FixtureRequest, worker_id: str) -> Iterator[Engine]:
    """An engine on an empty database of each kind."""
    if request.param == "sqlite":
        url = request.getfixturevalue("sqlite_url")
    elif request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        server = request.getfixturevalue("postgres_server")
        url = create_database(server, f"userctl_search_{worker_id}", encoding="UTF8")
    with open_engine(url) as engine:
        if "collation" in request.param:
            upgrade(engine)
        yield engine


@pytest.fixture
def named(anywhere: Engine) -> Program:
    """Users of all those names."""
    program = Program(anywhere, FakeClock())
    for number, name in enumerate(NAMES):
        program.users.create(UserCreate(email=f"u{number}@example.com", name=name))
    return program


def search(program: Program, text: str) -> list[str | None]:
    """Return the names of the users that a search finds."""
    return [user.name for user in program.user_list.page(UserQuery(search=text)).items]


def test_case_and_normalization_make_no_difference(named: Program) -> None:
    assert {text: search(named, text) for text in FOUND} == FOUND


def test_deleted_users_are_searched_alike(named: Program) -> None:
    named.recycle_bin.delete([str(number + 1) for number in range(len(NAMES))])
    found = {
        text: [user.name for user in named.recycle_bin.page(UserQuery(search=text)).items]
        for text in FOUND
    }
    assert found == FOUND


def test_a_text_is_found_where_it_is_part_of_another_when_both_are_folded(
    anywhere: Engine,
) -> None:
    @given(TEXTS, TEXTS, TEXTS)
    @example("ß", "\N{COMBINING ACUTE ACCENT}", "")
    @example("\N{LATIN SMALL LETTER LONG S}", "\N{COMBINING ACUTE ACCENT}", "")
    @example("", "\N{GREEK CAPITAL LETTER ALPHA}", "\N{COMBINING GREEK YPOGEGRAMMENI}")
    def check(before: str, part: str, after: str) -> None:
        with read_only_connection(anywhere) as connection:
            for text in (before + part + after, before + after):
                condition = contains(connection, [literal(text)], part)
                found = bool(connection.scalar(select(condition)))
                assert found == (fold(part) in fold(text)), (text, part)

    check()


def test_no_character_beyond_the_last_one_is_folded() -> None:
    beyond = map(chr, range(LAST_FOLDED_CHARACTER + 1, sys.maxunicode + 1))
    assert [character for character in beyond if character.casefold() != character] == []


def test_a_name_without_an_encoding_stops_no_search(sqlite_engine: Engine) -> None:
    with read_only_connection(sqlite_engine) as connection:
        name = sql("CAST(x'ff416461ff' AS TEXT)")
        assert connection.scalar(select(contains(connection, [name], "ADA")))


def test_a_database_in_utf_16_is_searched_too(tmp_path: Path) -> None:
    path = tmp_path / "wide.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA encoding = 'UTF-16'")
        connection.execute("CREATE TABLE t (name TEXT)")
        connection.execute("INSERT INTO t VALUES ('Ольга')")
        connection.commit()
    with open_engine(f"sqlite:///{path}") as engine, read_only_connection(engine) as connection:
        for text, count in (("ольга", 1), ("anna", 0)):
            condition = contains(connection, [sql("name")], text)
            query = select(func.count()).select_from(sql("t")).where(condition)
            assert connection.scalar(query) == count


def test_an_index_of_an_application_on_lower_case_stays_sound(
    sqlite_url: str, sqlite_engine: Engine
) -> None:
    sql_on(sqlite_engine)("CREATE UNIQUE INDEX of_application ON users (lower(name))")
    for number, name in enumerate(("ZO\u00cb", "zo\u00eb")):
        users = Program(sqlite_engine, FakeClock()).users
        users.create(UserCreate(email=f"u{number}@example.com", name=name))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
