"""Many processes that refresh one session at the same moment: no fork, and nobody is shut out."""

import json
from collections import Counter

import jwt
import pytest

from tests.support.cli import SECRET_KEY, Userctl
from tests.support.forking import Forks
from tests.support.marks import repeat

PROCESSES = 20


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    userctl.create("ada@example.com")


def tokens(userctl: Userctl, state: str) -> int:
    """Return how many refresh tokens are in a state."""
    return userctl("token", "list", "--all", "-q", "--state", state).out.count("\n")


@repeat("rounds", few=1, soak=40)
def test_of_twenty_processes_with_one_refresh_token_one_gets_its_only_successor(
    userctl: Userctl, forks: Forks, rounds: int
) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    for turn in range(1, rounds + 1):
        results = forks.run_at_once(
            [["token", "refresh", "--stdin", "-o", "json"]] * PROCESSES, pair["refresh_token"]
        )
        assert Counter(result.code for result in results) == {0: 1, 5: PROCESSES - 1}, results
        for result in results:
            if result.code == 0:
                pair = json.loads(result.out)
                assert result.err == "Refreshed the session of ada@example.com.\n"
            else:
                assert result.out == ""
                assert json.loads(result.err)["error"]["code"] == "refresh_conflict"
        assert (tokens(userctl, "active"), tokens(userctl, "used")) == (1, turn)
    assert userctl("token", "verify", "--stdin", stdin=pair["access_token"]).code == 0


def expire_access_token(userctl: Userctl) -> None:
    """Put an access token in the place of the stored one that differs in its times alone."""
    stored = json.loads(userctl.session_file.read_text())
    token = stored["access_token"]
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    past = {name: claims[name] - 2 * 3600 for name in ("iat", "exp")}
    expired = jwt.encode(claims | past, SECRET_KEY, headers=jwt.get_unverified_header(token))
    userctl.session_file.write_text(json.dumps(stored | {"access_token": expired}))


@repeat("rounds", few=1, soak=3)
def test_of_twenty_processes_with_one_expired_session_one_refreshes_it_for_all(
    userctl: Userctl, forks: Forks, rounds: int
) -> None:
    userctl.login("ada@example.com")
    for turn in range(1, rounds + 1):
        expire_access_token(userctl)
        results = forks.run_at_once([["whoami", "-o", "json"]] * PROCESSES)
        assert {(result.code, result.err) for result in results} == {(0, "")}
        assert {json.loads(result.out)["email"] for result in results} == {"ada@example.com"}
        assert (tokens(userctl, "active"), tokens(userctl, "used")) == (1, turn)
