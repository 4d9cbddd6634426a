"""How an engine is set up, before anything is connected."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import DatabaseDriverMissing, InvalidConfiguration, InvalidInput, ReadOnly
from userctl.db.engine import database_engine
from userctl.db.postgresql.session import connection_options

SECRET = "hunter2"


@pytest.mark.parametrize(
    "option",
    [
        "application_name",
        "connect_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
    ],
)
def test_what_the_url_says_is_never_overridden(option: str) -> None:
    assert option in connection_options({})
    assert option not in connection_options({option: "given"})


@pytest.mark.parametrize("given", [{}, {"host": "a"}, {"prepare_threshold": 5}])
def test_statements_are_never_prepared_on_the_server(given: dict[str, object]) -> None:
    assert connection_options(given)["prepare_threshold"] is None


@pytest.mark.parametrize("given", [{}, {"host": "a"}, {"host": "/run/postgresql"}])
def test_one_server_may_be_any_server(given: dict[str, object]) -> None:
    assert "target_session_attrs" not in connection_options(given)


def test_an_engine_for_a_file_creates_no_file(tmp_path: Path) -> None:
    engine = database_engine(DatabaseURL.for_sqlite(tmp_path / "userctl.db"))
    engine.dispose()
    assert engine.hide_parameters
    assert [*tmp_path.iterdir()] == []


def test_an_engine_for_postgresql_keeps_the_password_to_itself() -> None:
    engine = database_engine(DatabaseURL.parse(f"postgresql://ada:{SECRET}@localhost/accounts"))
    assert engine.hide_parameters
    assert SECRET not in repr(engine)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:%zz{SECRET}@localhost/x",
        f"postgresql://localhost/x?password=a&{SECRET}",
    ],
)
def test_a_url_that_libpq_cannot_parse_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        database_engine(DatabaseURL.parse(url))
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.__cause__ is None


def test_a_missing_driver_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseDriverMissing) as caught:
        database_engine(DatabaseURL.parse("postgresql://localhost/accounts"))
    assert "pip install 'psycopg[binary]" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("options", "name", "instead"),
    [
        ("schema=public", "schema", "options=-csearch_path%3Dpublic"),
        ("currentSchema=accounts", "currentSchema", "options=-csearch_path%3Daccounts"),
        ("sslmode=require&search_path=a", "search_path", "options=-csearch_path%3Da"),
        ("pgbouncer=true&connection_limit=1", "pgbouncer", "Remove it"),
        ("connect_timeout=5&prepared_statements=false", "prepared_statements", "Remove it"),
        ("ssl=1", "ssl", "sslmode=require"),
        ("ssl_mode=require", "ssl_mode", "sslmode=require"),
        ("sslmode=no-verify", "sslmode", "verify-full"),
    ],
)
def test_an_option_of_another_tool_is_named_with_what_to_write_instead(
    options: str, name: str, instead: str
) -> None:
    url = DatabaseURL.parse(f"postgresql://ada:{SECRET}@localhost/accounts?{options}")
    with pytest.raises(InvalidConfiguration) as caught:
        database_engine(url)
    assert name in caught.value.message
    assert instead in str(caught.value.hint)
    assert "password" not in str(caught.value.hint)
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("options", ["a@b=1", f"{SECRET}", f"{SECRET}=1@localhost"])
def test_what_may_be_a_part_of_a_password_is_not_repeated(options: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        database_engine(DatabaseURL.parse(f"postgresql://ada:1?{options}"))
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"


def test_a_driver_without_its_library_says_which_package_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find_spec(name: str, *_: object) -> None:
        if name == "psycopg":
            # What psycopg raises where neither a wheel nor the system has libpq.
            raise ImportError("no pq wrapper available.")

    monkeypatch.delitem(sys.modules, "psycopg")
    monkeypatch.setattr(sys, "meta_path", [SimpleNamespace(find_spec=find_spec), *sys.meta_path])
    with pytest.raises(DatabaseDriverMissing, match="libpq") as caught:
        database_engine(DatabaseURL.parse("postgresql://localhost/accounts"))
    assert "psycopg[binary]" in str(caught.value.hint)


def test_a_folder_that_accepts_no_writes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "userctl.db").touch()
    # Everything is writable to root, who may run the tests.
    monkeypatch.setattr(os, "access", lambda _path, mode: mode == os.F_OK)
    engine = database_engine(DatabaseURL.for_sqlite(tmp_path / "userctl.db"))
    with pytest.raises(ReadOnly, match=str(tmp_path)):
        engine.connect()
