"""PostgreSQL databases whose encoding lacks characters."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import FakeClock, Program, open_engine
from tests.support.cli import Userctl
from tests.support.postgres import create_database
from userctl.core.errors import InvalidInput
from userctl.db.schema.migrations import upgrade
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserQuery, UserUpdate


@pytest.fixture
def url(request: pytest.FixtureRequest, postgres_server: str, worker_id: str) -> str:
    """The URL of a migrated database in the encoding that the test names, else LATIN1."""
    encoding = getattr(request, "param", "LATIN1")
    url = create_database(postgres_server, f"userctl_encoded_{worker_id}", encoding)
    with open_engine(url) as engine:
        upgrade(engine)
    return url


@pytest.fixture
def program(url: str) -> Iterator[Program]:
    with open_engine(url) as engine:
        yield Program(engine, FakeClock())


def test_a_character_that_the_encoding_lacks_is_named_with_what_to_do(program: Program) -> None:
    program.users.create(UserCreate(email="zoe@example.com", name="Zoë"))
    record = FileRecord(1, ("email", "name"), ("bo@example.com", "Bo 三"))
    for write, character in (
        (lambda: program.users.create(UserCreate(email="ada@example.com", name="张三")), "张"),
        (lambda: program.users.update("1", UserUpdate(name="Żoë")), "Ż"),
        (lambda: program.user_import.load([record]), "三"),
    ):
        with pytest.raises(InvalidInput) as caught:
            write()
        assert str(caught.value) == (
            f"The database cannot store '{character}', because its encoding is LATIN1."
        )
        assert "UTF8" in str(caught.value.hint)
    assert [user.name for user in program.user_list.page(UserQuery()).items] == ["Zoë"]


def test_a_copy_into_such_a_database_says_which_character_does_not_fit(
    url: str, local: Userctl
) -> None:
    local.create("ada@example.com", "--name", "张三")
    result = local("db", "copy", "--to", url, "-o", "json")
    assert result.code == 6
    assert "'张'" in result.error["message"]
    assert "users" in result.error["message"]


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("LATIN1", ["Zoë", "ZOË"]),
        ("WIN1251", ["Ольга", "ОЛЬГА"]),
        ("KOI8R", ["Ольга", "ОЛЬГА"]),
        ("EUC_JP", ["三郎", "三郎"]),
        ("SQL_ASCII", ["Ольга", "ОЛЬГА"]),
    ],
    indirect=["url"],
)
def test_a_search_works_in_every_encoding(program: Program, names: list[str]) -> None:
    for number, name in enumerate(names):
        program.users.create(UserCreate(email=f"u{number}@example.com", name=name))
    for text in (*names, names[0][1:], "U0@"):
        found = [user.name for user in program.user_list.page(UserQuery(search=text)).items]
        assert found == (names if "@" not in text else names[:1])
    # No user can have a name that the database cannot store.
    for text in ("😀", "한국"):
        assert program.user_list.page(UserQuery(search=text)).items == []


def test_commands_and_the_doctor_name_the_encoding(url: str, home: Path) -> None:
    userctl = Userctl(home, url)
    checks = json.loads(userctl("doctor", "-o", "json").out)
    [found] = [check for check in checks if check["check"] == "encoding"]
    assert found["status"] == "warning"
    assert "LATIN1" in found["message"]
    assert "db copy" in found["advice"]
    result = userctl("user", "create", "ada@example.com", "--name", "张三", "-o", "json", stdin="")
    assert (result.code, result.error["code"]) == (2, "invalid_input")
