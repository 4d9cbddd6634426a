"""What the tests of the library share."""

from collections.abc import Iterator

import pytest

from userctl import Accounts, open_accounts

EMAIL = "ada@example.com"
SECRET = "a secret that several services share, of 40+ bytes"


@pytest.fixture
def accounts(database_url: str) -> Iterator[Accounts]:
    with open_accounts(database_url, secret_key=SECRET, password_cost="4") as accounts:
        yield accounts
