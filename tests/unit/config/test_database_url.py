"""The address of a database."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import InvalidInput

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///accounts.db", Path("accounts.db")),
        ("sqlite:////var/lib/accounts.db", Path("/var/lib/accounts.db")),
        ("sqlite:///~/accounts.db", Path.home() / "accounts.db"),
        ("sqlite:///a b%20c.db", Path("a b%20c.db")),
    ],
)
def test_an_sqlite_url_names_a_file(text: str, path: Path) -> None:
    url = DatabaseURL.parse(text)
    assert (url.dialect, url.sqlite_path) == ("sqlite", path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_both_spellings_of_postgresql_are_accepted(scheme: str) -> None:
    url = DatabaseURL.parse(f"{scheme}://ada@a:5432,b:5433/accounts?sslmode=require")
    assert (url.dialect, url.sqlite_path) == ("postgresql", None)
    assert url.secret == "postgresql://ada@a:5432,b:5433/accounts?sslmode=require"


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "sqlite", "sqlite:", "sqlite://", "sqlite:///", "sqlite://host/x.db",
        "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "postgresql://", "postgres://",
        "postgresql:ada", "sqlite:///a\0b", "sqlite:///a\nb",
        f"mysql://root:{SECRET}@localhost/x", f"postgresql+psycopg2://ada:{SECRET}@localhost/x",
        f"ada:{SECRET}@localhost", f"POSTGRESQL://ada:{SECRET}@localhost/x",
        f"postgresql://ada:{SECRET}\x1b@localhost/x", f"{SECRET}://x",
    ],
)  # fmt: skip
def test_any_other_url_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        DatabaseURL.parse(text)
    assert f":{SECRET}" not in str((caught.value.message, caught.value.hint))


def test_a_refusal_names_the_way_out() -> None:
    with pytest.raises(InvalidInput, match="use 'postgresql://'"):
        DatabaseURL.parse("postgresql+asyncpg://localhost/x")


PASSWORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).map(
    lambda text: f"<{text}>"
)


@given(PASSWORDS)
def test_a_password_in_the_url_is_never_shown(password: str) -> None:
    seen = shown(f"postgresql://ada:{password}@localhost/accounts")
    assert password not in seen
    assert "ada" in seen or "%40" in seen


@given(PASSWORDS.filter(lambda text: "&" not in text), st.sampled_from(["password", "PASSWORD"]))
def test_a_password_among_the_options_is_never_shown(password: str, key: str) -> None:
    url = DatabaseURL.parse(f"postgresql://localhost/accounts?{key}={password}&sslmode=require")
    assert password not in f"{url} {url!r}"


def shown(url: str) -> str:
    """Return all that may be seen of an accepted or a refused URL."""
    try:
        parsed = DatabaseURL.parse(url)
    except InvalidInput as error:
        return f"{error.message} {error.hint}"
    return f"{parsed} {parsed!r}"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://:{SECRET}@localhost/x",
        f"postgresql://ada:{SECRET}@a:5432,b:5433/x",
        f"postgresql://ada:a@{SECRET}@localhost/x",
        f"postgresql://ada:a/{SECRET}@localhost/x",
        f"postgresql://ada:a:{SECRET}@localhost/x",
        f"postgresql://ada%40example.com:{SECRET}@localhost/x",
        f"postgresql://localhost/x?user=ada&password={SECRET}",
        f"postgresql://localhost/x?sslpassword={SECRET}&sslmode=require",
        f"postgresql://ada:other@localhost/x?password={SECRET}",
    ],
)
def test_a_password_is_hidden_where_a_url_may_have_one(url: str) -> None:
    assert SECRET not in shown(url)
    assert "***" in shown(url) or "%40" in shown(url)


@pytest.mark.parametrize("user", ["ada@example.com", "ada@server", "domain/ada"])
def test_a_password_is_hidden_behind_a_user_name_that_should_have_been_escaped(user: str) -> None:
    assert SECRET not in shown(f"postgresql://{user}:{SECRET}@localhost/x")


def test_a_password_is_hidden_though_its_key_is_percent_encoded() -> None:
    # libpq decodes the keys too, so this is a password that works.
    assert SECRET not in shown(f"postgresql://localhost/x?p%61ssword={SECRET}")


def test_the_secret_of_an_oauth_client_is_hidden() -> None:
    assert SECRET not in shown(f"postgresql://localhost/x?oauth_client_secret={SECRET}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada@a:5432,b:5433/accounts?sslmode=require",
        "postgresql:///accounts?host=/run/postgresql",
        "sqlite:////var/lib/accounts.db",
    ],
)
def test_a_url_without_a_password_is_shown_whole(url: str) -> None:
    assert str(DatabaseURL.parse(url)) == url


@given(
    st.sampled_from(["mysql", "oracle", "postgresql+psycopg2", "POSTGRES", "", "sqlite+x"]),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_a_refusal_never_repeats_what_stands_behind_the_scheme(scheme: str, rest: str) -> None:
    password = f"<{rest}>"
    assert password not in shown(f"{scheme}://ada:{password}@localhost/x")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://h:5432/db?password=sec@ret",
        "postgresql://h/db?password=sec@ret",
        "postgresql://u:se/cret@h/db",
        "postgresql://u:se?c=ret@h/db",
        "postgresql://h/db?password=sec&ret",
    ],
)
def test_a_password_with_unescaped_characters_is_hidden_whole(url: str) -> None:
    assert "ret" not in shown(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hun@ter2@127.0.0.1:1/db",
        "postgresql://ada@example.com:hunter2@localhost/x",
        "postgresql://u:hunter2/db",
        "postgresql://u@127.0.0.1:hunter2/db",
        "postgresql://u:hun/ter2@localhost/db",
        "postgresql://u:hun?ter2@localhost/db",
        "postgresql://u:hun#ter2@localhost/db",
        "postgresql://u:p@[::1/db",
    ],
)
def test_a_url_that_libpq_would_read_otherwise_than_people_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be told apart"):
        DatabaseURL.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///accounts",
        "postgresql:///accounts?host=/run/postgresql",
        "postgresql://%2Frun%2Fpostgresql/accounts",
        "postgresql://u:p@[::1]:5432,[fe80::1]/accounts",
        "postgresql://u:p%40%2F@a:5432,b,c:5434/accounts?target_session_attrs=any",
        "postgresql://u@/accounts",
        "postgresql://u:@a:/accounts?password=x@y",
    ],
)
def test_what_libpq_accepts_is_accepted(url: str) -> None:
    assert DatabaseURL.parse(url).secret == url


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("jdbc:postgresql://localhost/accounts?user=ada&password=hunter2", "postgresql://"),
        ("postgresql+asyncpg://ada:hunter2@localhost/accounts", "postgresql://"),
        ("psql://ada:hunter2@localhost/accounts", "postgresql://"),
        ("pgsql://ada:hunter2@localhost/accounts", "postgresql://"),
        ("postgis://ada:hunter2@localhost/accounts", "postgresql://"),
        ("sqlite+aiosqlite:///accounts.db", "sqlite:///"),
        ("jdbc:sqlite:accounts.db", "sqlite:///"),
        ("sqlite3:db/accounts.sqlite3", "sqlite:///"),
        ("file:./accounts.db", "sqlite:///"),
    ],
)
def test_the_url_of_another_tool_is_told_what_to_begin_with(text: str, instead: str) -> None:
    with pytest.raises(InvalidInput, match=f"use '{instead}' instead") as caught:
        DatabaseURL.parse(text)
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
