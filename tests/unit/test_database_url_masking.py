"""No password is shown, however the database URL is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.database_url import DatabaseURL
from userctl.errors import InvalidInput

SECRET = "hunter2"


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
    assert "***" in shown(url)


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
    assert "ret" not in str(DatabaseURL.parse(url)).removeprefix("postgresql")
