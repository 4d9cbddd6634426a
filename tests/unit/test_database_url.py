"""The address of a database."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.database_url import DatabaseURL
from userctl.errors import InvalidInput

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
    with pytest.raises(InvalidInput, match="write 'postgresql://'"):
        DatabaseURL.parse("postgresql+asyncpg://localhost/x")


PASSWORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).map(
    lambda text: f"<{text}>"
)


@given(PASSWORDS)
def test_a_password_in_the_url_is_never_shown(password: str) -> None:
    url = DatabaseURL.parse(f"postgresql://ada:{password}@localhost/accounts")
    assert password not in f"{url} {url!r}"
    assert "ada" in str(url)


@given(PASSWORDS.filter(lambda text: "&" not in text), st.sampled_from(["password", "PASSWORD"]))
def test_a_password_among_the_options_is_never_shown(password: str, key: str) -> None:
    url = DatabaseURL.parse(f"postgresql://localhost/accounts?{key}={password}&sslmode=require")
    assert password not in f"{url} {url!r}"
