"""``userctl login``, ``logout`` and ``whoami`` on both databases."""

import json
import re
from pathlib import Path

import jwt
import pytest

from tests.support.cli import PASSWORD, SECRET_KEY, Userctl


@pytest.fixture(autouse=True)
def ada(userctl: Userctl) -> None:
    userctl.create("ada@example.com", "--role", "admin")


def session_file(userctl: Userctl) -> Path:
    return userctl.home / ".local/state/userctl/session.json"


def test_login_keeps_a_session_that_whoami_shows(userctl: Userctl) -> None:
    logged_in = userctl.login("ADA@example.com")
    who = userctl("whoami", "-o", "json").json
    assert who == logged_in
    assert (who["email"], who["role"]) == ("ada@example.com", "admin")
    assert who["session_file"] == str(session_file(userctl))
    assert who["session_expires_at"].endswith("Z")


def test_the_session_file_is_readable_by_its_owner_alone(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    assert session_file(userctl).stat().st_mode & 0o777 == 0o600
    assert session_file(userctl).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("spoil", ["readable", "link"])
def test_a_session_file_that_others_could_touch_is_refused(userctl: Userctl, spoil: str) -> None:
    userctl.login("ada@example.com")
    file = session_file(userctl)
    if spoil == "readable":
        file.chmod(0o644)
    else:
        file.rename(file.with_suffix(".real"))
        file.symlink_to(file.with_suffix(".real"))
    result = userctl("whoami", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "unsafe_file")


def test_no_store_prints_the_tokens_and_keeps_nothing(userctl: Userctl) -> None:
    pair = userctl.login("ada@example.com", "--no-store")
    assert list(pair) == ["access_token", "refresh_token", "token_type", "expires_in"]
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 3600)
    assert userctl("whoami").code == 4


def test_another_program_verifies_the_access_token_with_the_shared_key(userctl: Userctl) -> None:
    token = userctl.login("ada@example.com", "--no-store")["access_token"]
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    assert claims["sub"] == "ada@example.com"


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong"), ("eve@example.com", PASSWORD), ("nonsense", PASSWORD)],
)
def test_every_failed_login_looks_the_same(userctl: Userctl, email: str, password: str) -> None:
    result = userctl("login", email, "--password-stdin", "-o", "json", stdin=password)
    assert result.code == 4
    assert result.error == {
        "code": "invalid_credentials",
        "message": "The e-mail address or the password is wrong.",
        "hint": None,
    }


def test_a_disabled_account_fails_to_log_in_like_a_wrong_password(userctl: Userctl) -> None:
    userctl.create("eve@example.com")
    userctl("user", "disable", "eve@example.com")
    result = userctl("login", "eve@example.com", "--password-stdin", "-o", "json", stdin=PASSWORD)
    assert result.error["code"] == "invalid_credentials"


def test_logout_ends_the_session_everywhere_and_can_be_repeated(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    stored = json.loads(session_file(userctl).read_text())
    assert userctl("logout").code == 0
    assert not session_file(userctl).exists()
    assert userctl("token", "verify", "--stdin", stdin=stored["access_token"]).code == 4
    assert userctl("token", "refresh", "--stdin", stdin=stored["refresh_token"]).code == 4
    assert userctl("logout").code == 0


def test_whoami_refreshes_an_access_token_that_has_expired(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    file = session_file(userctl)
    stored = json.loads(file.read_text())
    claims = jwt.decode(stored["access_token"], SECRET_KEY, algorithms=["HS256"])
    expired = jwt.encode(
        claims | {"exp": claims["iat"] - 60},
        SECRET_KEY,
        headers=jwt.get_unverified_header(stored["access_token"]),
    )
    file.write_text(json.dumps(stored | {"access_token": expired}))
    assert userctl("whoami").code == 0
    refreshed = json.loads(file.read_text())
    assert refreshed["refresh_token"] != stored["refresh_token"]
    assert refreshed["access_token"] != expired


def test_each_profile_has_a_session_of_its_own(userctl: Userctl) -> None:
    folder = userctl.home / ".config/userctl"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[profiles.prod]\n")
    userctl.login("ada@example.com", "--profile", "prod")
    assert userctl("whoami").code == 4
    assert userctl("whoami", "--profile", "prod").code == 0


def active_sessions(userctl: Userctl) -> int:
    return userctl("token", "list", "--state", "active", "-q").out.count("\n")


def test_a_login_ends_the_session_that_was_kept_before(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    userctl.login("ada@example.com")
    assert active_sessions(userctl) == 1
    assert userctl("whoami").code == 0


def test_a_session_that_cannot_be_kept_is_not_left_alive(userctl: Userctl) -> None:
    session_file(userctl).mkdir(parents=True)
    result = userctl("login", "ada@example.com", "--password-stdin", stdin=PASSWORD)
    assert result.code == 2
    assert active_sessions(userctl) == 0


def test_ending_a_session_needs_no_key(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    keyless = Userctl(userctl.home, None)
    keyless.extra["USERCTL_DATABASE_URL"] = str(userctl.database_url)
    assert keyless("logout").code == 0
    assert active_sessions(userctl) == 0


def test_a_session_of_another_database_is_left_alone(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    other = ["--database-url", f"sqlite:///{userctl.home / 'other.db'}"]
    assert userctl("db", "migrate", *other).code == 0
    for command in ("logout", "whoami"):
        assert userctl(command, *other).code == 4
    assert userctl("whoami").code == 0
    assert active_sessions(userctl) == 1


def test_a_database_is_the_same_by_whatever_path(local: Userctl) -> None:
    local.create("grace@example.com")
    local.login("grace@example.com")
    path = Path(str(local.database_url).removeprefix("sqlite:///"))
    local.extra["USERCTL_DATABASE_URL"] = f"sqlite:///{path.parent / 'home' / '..' / path.name}"
    assert local("whoami").code == 0


def test_a_login_names_its_client_and_the_session_is_listed_and_ended(userctl: Userctl) -> None:
    userctl.login("ada@example.com", "--client", "laptop", "--source", "192.0.2.7")
    [session] = userctl("session", "list", "-o", "json").json
    assert (session["client"], session["source"]) == ("laptop", "192.0.2.7")
    table = userctl("session", "list").out.splitlines()
    assert table[0].split() == ["short_id", "email", "client", "last_refresh_at", "ends_at"]
    assert table[1].startswith(session["short_id"])
    assert userctl("session", "show", session["short_id"], "-o", "json").json == session
    ended = userctl("session", "end", session["short_id"])
    assert re.fullmatch(
        r"Ended 1 session of ada@example\.com "
        r"\(access tokens stay valid until (\d{4}-\d\d-\d\d )?\d\d:\d\dZ\)\.\n",
        ended.err,
    )
    assert userctl("session", "list", "-q").out == ""
    assert userctl("session", "list", "--state", "any", "-q").out == f"{session['id']}\n"
    assert userctl("whoami").code == 4


def test_all_sessions_of_a_user_are_ended_on_request(userctl: Userctl) -> None:
    for _ in range(2):
        userctl.login("ada@example.com", "--no-store")
    ended = userctl("session", "end", "--user", "1", "--yes", "-o", "json")
    assert ended.json["sessions_ended"] == 2
    assert ended.err.startswith("Ended 2 sessions of ada@example.com (access tokens stay valid")


def test_a_login_as_another_user_says_what_it_ends_and_who_acts_from_now_on(
    userctl: Userctl,
) -> None:
    def log_in(email: str, *options: str) -> str:
        result = userctl("login", email, "--password-stdin", *options, stdin=PASSWORD)
        assert result.code == 0
        return result.err

    userctl.create("grace@example.com")
    for email, option in (("ada@example.com", "--actor=x"), ("grace@example.com", "--no-store")):
        assert "stored before" not in log_in(email, option)
    note = log_in("grace@example.com")
    assert "The session of ada@example.com that was stored before was ended" in note
    assert "access tokens stay valid until" in note
    assert "From now on the audit trail names grace@example.com as the actor." in note
    assert "--no-store" in note
    assert userctl("session", "list", "--user", "ada@example.com", "-q").out == ""
    again = log_in("grace@example.com")
    assert again.startswith("Your session that was stored before was ended")
    assert "actor" not in again
    assert "actor" not in log_in("ada@example.com", "--actor", "root")
    assert log_in("grace@example.com", "-q") == ""


def test_a_session_of_another_database_is_forgotten_and_not_ended_by_a_login(
    userctl: Userctl,
) -> None:
    userctl.login("ada@example.com")
    other = Userctl(userctl.home, f"sqlite:///{userctl.home / 'other.db'}")
    assert other("db", "migrate").code == 0
    other.create("grace@example.com")
    result = other("login", "grace@example.com", "--password-stdin", stdin=PASSWORD)
    assert "is forgotten, but was not ended" in result.err
    assert active_sessions(userctl) == 1


def test_a_logout_says_how_long_access_tokens_stay_valid(userctl: Userctl) -> None:
    userctl.login("ada@example.com")
    assert userctl("logout").err.startswith("Logged out ada@example.com (access tokens stay valid")
    assert userctl("logout").err == "Nothing changed: not logged in.\n"


def test_a_revoked_token_says_how_long_access_tokens_stay_valid(userctl: Userctl) -> None:
    userctl.login("ada@example.com", "--no-store")
    revoked = userctl("token", "revoke", "1", "-o", "json")
    assert revoked.json["access_tokens_valid_until"].endswith("Z")
    assert re.match(
        r"Ended 1 session of ada@example\.com \(access tokens stay valid until .*Z\)\.\n",
        revoked.err,
    )


@pytest.mark.parametrize(
    "command",
    [
        "user disable grace@example.com",
        "user disable grace@example.com eve@example.com",
        "user passwd grace@example.com --no-password",
        "user passwd grace@example.com --must-change",
        "user passwd grace@example.com --generate-password",
        "user update grace@example.com --role admin",
    ],
)
def test_what_ends_the_sessions_of_users_says_how_long_their_access_tokens_stay_valid(
    userctl: Userctl, command: str
) -> None:
    for email in ("grace@example.com", "eve@example.com"):
        userctl.create(email)
    assert "stay valid" not in userctl(*command.split()).err
    userctl("user", "enable", "grace@example.com")
    userctl("user", "update", "grace@example.com", "--role", "user")
    userctl("user", "passwd", "grace@example.com", "--password-stdin", stdin=PASSWORD)
    userctl.login("grace@example.com", "--no-store")
    found = re.search(r"access tokens stay valid until .*\d\d:\d\dZ", userctl(*command.split()).err)
    assert found is not None
    # They do so although the sessions were ended before.
    assert found[0] in userctl(*command.split()).err or command.startswith("user update")
    assert "stay valid" not in userctl(*command.split(), "-q").err
