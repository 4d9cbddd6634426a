"""The library as a service uses it, on both databases."""

import gc
import locale
import logging
import os
import signal
import sqlite3
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from opentelemetry import trace

from tests.integration.conftest import PASSWORD, Sql, type_names
from tests.integration.library.conftest import EMAIL, SECRET
from tests.support.spans import spans_of_an_application
from userctl import Accounts, errors, open_accounts
from userctl.config.loading import load_settings
from userctl.schemas.session import Grant
from userctl.schemas.users import UserRead

NEW_PASSWORD = "battery staple 88"


@pytest.fixture
def ada(accounts: Accounts) -> UserRead:
    return accounts.users.create(EMAIL, password=PASSWORD, name="Ada")


@pytest.fixture
def grant(accounts: Accounts, ada: UserRead) -> Grant:
    return accounts.sessions.login(EMAIL, PASSWORD, source="203.0.113.7", client="web")


def test_users_are_created_found_changed_and_deleted(accounts: Accounts) -> None:
    made = accounts.users.create("Grace@Example.com", generate_password=True, role="admin")
    accounts.users.create(EMAIL, password=PASSWORD, role="admin")
    assert accounts.users.get(made.id).email == "grace@example.com"
    assert accounts.users.update("grace@example.com", name="Grace").name == "Grace"
    assert accounts.users.disable(made.id).status == "disabled"
    assert [user.email for user in accounts.users.list(status="disabled").items] == [made.email]
    assert accounts.users.enable(made.id).status == "active"
    assert accounts.users.delete(made.id).email == made.email
    assert accounts.users.restore(made.email).id == made.id
    assert accounts.sessions.login(made.email, made.generated_password or "").user.id == made.id


def test_a_session_is_refreshed_and_ended(accounts: Accounts, grant: Grant) -> None:
    [session] = accounts.sessions.list(user=EMAIL).items
    assert (session.source, session.client) == ("203.0.113.7", "web")
    renewed = accounts.sessions.refresh(grant.tokens.refresh_token)
    verified = accounts.tokens.verify(renewed.tokens.access_token)
    assert verified.user.email == EMAIL
    assert accounts.sessions.logout(renewed.tokens.refresh_token).revoked_sessions == 1
    assert accounts.sessions.logout(renewed.tokens.refresh_token).revoked_sessions == 0
    with pytest.raises(errors.TokenRevoked):
        accounts.tokens.verify(renewed.tokens.access_token)
    assert accounts.tokens.verify_offline(renewed.tokens.access_token).sid == session.id


def test_sessions_are_ended_by_id_or_all_at_once(accounts: Accounts, grant: Grant) -> None:
    [session] = accounts.sessions.list().items
    assert accounts.sessions.revoke(session.short_id).sessions_ended == 1
    accounts.sessions.login(EMAIL, PASSWORD)
    assert accounts.sessions.revoke_all(EMAIL).sessions_ended == 1
    assert accounts.sessions.list().items == []


def test_an_api_token_is_issued_verified_and_revoked(accounts: Accounts, ada: UserRead) -> None:
    issued = accounts.tokens.issue(ada.id, "ci", scope=["read"], expires_in=timedelta(hours=1))
    verified = accounts.tokens.verify(issued.token)
    assert (verified.user.email, verified.scope) == (EMAIL, {"read"})
    session = accounts.sessions.login_with_api_token(issued.token)
    assert accounts.tokens.verify(session.tokens.access_token).scope == {"read"}
    assert accounts.tokens.revoke(issued.token).revoked_api_tokens == 1
    with pytest.raises(errors.TokenRevoked):
        accounts.tokens.verify(issued.token)
    with pytest.raises(errors.TokenInvalid):
        accounts.sessions.logout(issued.token)


def test_a_token_of_each_kind_is_introspected(
    accounts: Accounts, grant: Grant, ada: UserRead
) -> None:
    issued = accounts.tokens.issue(ada.id, "ci", scope=["read"])
    texts = (grant.tokens.access_token, grant.tokens.refresh_token, issued.token)
    found = [accounts.tokens.introspect(text) for text in texts]
    assert [(token.active, token.kind, token.uid) for token in found] == [
        (True, "access", ada.id),
        (True, "refresh", ada.id),
        (True, "api", ada.id),
    ]
    accounts.users.create("grace@example.com", role="admin")
    accounts.users.disable(ada.id)
    for text in (*texts, "", "x", "a.b.c", "uctl_api_", "\ud800", "\0"):
        found_inactive = accounts.tokens.introspect(text)
        assert found_inactive.model_dump(exclude_none=True) == {"active": False}


def test_changing_a_password_ends_the_other_sessions(accounts: Accounts, grant: Grant) -> None:
    with pytest.raises(errors.InvalidCredentials):
        accounts.passwords.change(EMAIL, NEW_PASSWORD, PASSWORD)
    own = accounts.passwords.change(EMAIL, PASSWORD, NEW_PASSWORD)
    accounts.tokens.verify(own.tokens.access_token)
    with pytest.raises(errors.TokenRevoked):
        accounts.tokens.verify(grant.tokens.access_token)
    accounts.passwords.set(EMAIL, PASSWORD)
    generated = accounts.passwords.generate(EMAIL, must_change=True).generated_password
    with pytest.raises(errors.PasswordChangeRequired):
        accounts.sessions.login(EMAIL, generated or "")


def test_a_change_of_a_user_who_was_changed_meanwhile_is_refused(
    accounts: Accounts, ada: UserRead
) -> None:
    changed = accounts.users.update(ada.id, name="Augusta", expected=_plain(ada))
    for change in (accounts.users.disable, accounts.users.enable, accounts.users.delete):
        with pytest.raises(errors.UserChanged):
            change(ada.id, expected=_plain(ada))
    with pytest.raises(errors.UserChanged):
        accounts.users.update(ada.id, name="Ada", expected=_plain(ada))
    assert accounts.users.get(ada.id) == changed


def test_the_trail_names_who_acts(accounts: Accounts, ada: UserRead, sql: Sql) -> None:
    with accounts.acting_as("grace@example.com"):
        accounts.users.update(ada.id, name="Augusta")
        with ThreadPoolExecutor(1) as other:
            other.submit(accounts.users.update, ada.id, name="Ada").result()
    actors = [row[0] for row in sql("SELECT actor FROM audit_events ORDER BY id")]
    assert actors[-2] == "grace@example.com"
    assert actors[-1] == actors[0] != "grace@example.com"


def test_threads_share_the_parts_and_the_pool(database_url: str) -> None:
    number = 20
    barrier = Barrier(number)
    with open_accounts(database_url, secret_key=SECRET, pool_size=2, max_overflow=0) as accounts:

        def read(_: int) -> object:
            barrier.wait(timeout=30)
            return accounts.users.list().items

        with ThreadPoolExecutor(number) as pool:
            assert list(pool.map(read, range(number))) == [[]] * number
        assert accounts._services._engine.pool.checkedin() <= 2


def test_one_of_many_threads_exchanges_a_refresh_token(accounts: Accounts, grant: Grant) -> None:
    number = 8
    barrier = Barrier(number)

    def refresh(_: int) -> object:
        barrier.wait(timeout=30)
        try:
            return accounts.sessions.refresh(grant.tokens.refresh_token)
        except errors.UserctlError as error:
            return error

    with ThreadPoolExecutor(number) as pool:
        outcomes = type_names(list(pool.map(refresh, range(number))))
    assert outcomes == ["Grant", *["RefreshConflict"] * (number - 1)]


def test_a_pool_that_is_used_up_is_an_error_of_the_database(database_url: str) -> None:
    with open_accounts(database_url, pool_size=1, max_overflow=0, pool_timeout=1) as accounts:
        accounts.users.list()
        with (
            accounts._services._engine.connect(),
            pytest.raises(errors.DatabaseBusy, match="connections of the pool"),
        ):
            accounts.users.list()


def test_a_connection_that_is_in_use_is_closed_when_it_is_returned(accounts: Accounts) -> None:
    with accounts._services._engine.connect() as used:
        driver = used.connection.dbapi_connection
        accounts.close()
        accounts.users.list()
        used.exec_driver_sql("SELECT 1")
    with pytest.raises(Exception, match="closed"):
        driver.cursor()  # type: ignore[union-attr]


def test_keys_are_read_again_when_their_file_changes(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.touch(0o600)
    file.write_text(SECRET)
    with open_accounts(sqlite_url, secret_key_file=file, password_cost="4") as accounts:
        accounts.users.create(EMAIL, password=PASSWORD)
        token = accounts.sessions.login(EMAIL, PASSWORD).tokens.access_token
        accounts.tokens.verify(token)
        file.write_text(SECRET[::-1])
        with pytest.raises(errors.TokenInvalid):
            accounts.tokens.verify(token)
        file.unlink()
        with pytest.raises(errors.SecretKeyMissing):
            accounts.tokens.verify(token)
        file.touch(0o600)
        file.write_text(SECRET)
        accounts.tokens.verify(token)


def test_a_rotated_keyring_is_used_at_once(sqlite_url: str) -> None:
    with (
        open_accounts(sqlite_url, password_cost="4") as accounts,
        open_accounts(sqlite_url) as other,
    ):
        accounts.users.create(EMAIL, password=PASSWORD)
        before = accounts.sessions.login(EMAIL, PASSWORD).tokens
        other._services.keys.generate()
        other._services.keys.rotate(timedelta())
        accounts.tokens.verify(before.access_token)
        after = accounts.sessions.refresh(before.refresh_token).tokens
        assert other.tokens.verify(after.access_token).user.email == EMAIL
        other._services.keys.replace_all()
        with pytest.raises(errors.AuthenticationFailed):
            accounts.tokens.verify(after.access_token)


def test_a_missing_database_is_created_only_if_that_is_wanted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with open_accounts(url) as accounts:
        assert accounts.health().database == "database_missing"
        with pytest.raises(errors.DatabaseMissing):
            accounts.users.list()
    with open_accounts(url, create_database=True) as accounts:
        assert accounts.health().status == "healthy"


def test_an_empty_database_is_an_error_that_says_so(sqlite_url: str, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE t (x)").connection.close()
    with open_accounts(f"sqlite:///{tmp_path}/empty.db") as accounts:
        assert accounts.health().database == "database_not_migrated"
        with pytest.raises(errors.DatabaseNotMigrated):
            accounts.users.get(1)


def test_settings_are_those_of_the_command_line_but_for_what_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("USERCTL_LOGIN_ATTEMPTS", "3")
    monkeypatch.setenv("USERCTL_POOL_SIZE", "7")
    url = f"sqlite:///{tmp_path}/a.db"
    with open_accounts(url, pool_size=2, pre_ping=True, roles=("user", "editor")) as accounts:
        found = accounts.settings
        assert (found.login_attempts, found.pool_size, found.pre_ping) == (3, 2, True)
        assert found.roles == ("user", "editor")
    settings = load_settings({"database_url": url})
    with open_accounts(settings) as accounts:
        assert accounts.settings is settings
    with pytest.raises(TypeError):
        open_accounts(settings, pool_size=2)
    with pytest.raises(TypeError):
        open_accounts(url, database_url=url)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"pool": 2}, "'pool' is not a setting"),
        ({"pool_size": 0}, "from argument pool_size"),
        ({"pre_ping": 1}, "expected true or false, not '1'"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(values: dict[str, object], named: str) -> None:
    with pytest.raises(errors.InvalidConfiguration, match=named):
        open_accounts("sqlite:////nowhere/a.db", **values)


def test_nothing_of_the_process_is_changed(sqlite_url: str, tmp_path: Path) -> None:
    def state() -> list[object]:
        log = logging.getLogger()
        handlers = [signal.getsignal(number) for number in signal.valid_signals()]
        hooks = [sys.excepthook, sys.unraisablehook, threading.excepthook, sys.stdout, sys.stderr]
        modes = [gc.get_threshold(), locale.setlocale(locale.LC_ALL), Path.cwd(), dict(os.environ)]
        return [*handlers, *hooks, *modes, list(warnings.filters), log.level, list(log.handlers)]

    before = state()
    for url in (sqlite_url, f"sqlite:///{tmp_path}/new.db"):
        with open_accounts(url, create_database=True, password_cost="4") as accounts:
            accounts.users.create(EMAIL, password=PASSWORD)
            accounts.sessions.login(EMAIL, PASSWORD)
            accounts.health()
    assert state() == before


def test_nothing_is_printed_and_no_secret_stands_in_a_repr(
    accounts: Accounts, grant: Grant, capfd: pytest.CaptureFixture[str]
) -> None:
    assert capfd.readouterr() == ("", "")
    issued = accounts.tokens.issue(EMAIL, "ci")
    made = accounts.passwords.generate(EMAIL)
    shown = repr([grant, issued, made, accounts.settings, accounts])
    secrets = (*grant.tokens.model_dump().values(), issued.token, made.generated_password, SECRET)
    assert not [
        text for text in secrets if isinstance(text, str) and len(text) > 10 and text in shown
    ]


def _plain(user: UserRead) -> UserRead:
    return UserRead(**user.model_dump(include=UserRead.model_fields.keys()))


@pytest.mark.parametrize(
    "call",
    [
        lambda accounts: accounts.users.list(sort="password"),
        lambda accounts: accounts.users.list(status="gone"),
        lambda accounts: accounts.users.list(limit="many"),
        lambda accounts: accounts.users.list(created_since=timedelta.max),
        lambda accounts: accounts.users.list(created_since=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda accounts: accounts.users.create(None),
        lambda accounts: accounts.users.update(EMAIL, name=1),
        lambda accounts: accounts.sessions.list(state="gone"),
        lambda accounts: accounts.sessions.login(EMAIL, {"hunter2": 1}),
        lambda accounts: accounts.tokens.issue(EMAIL, "ci", expires_in=timedelta.max),
        lambda accounts: accounts.tokens.issue(EMAIL, "ci", scope=["a", None]),
    ],
)
def test_a_value_that_no_call_takes_is_invalid_input(
    accounts: Accounts, ada: UserRead, call: Callable[[Accounts], object]
) -> None:
    assert ada.email == EMAIL
    with pytest.raises(errors.InvalidInput) as caught:
        call(accounts)
    assert "hunter2" not in caught.value.message
    assert "pydantic" not in caught.value.message


def test_a_call_is_a_child_span_of_the_application(
    accounts: Accounts, ada: UserRead, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        spans_of_an_application(monkeypatch) as exporter,
        trace.get_tracer("application").start_as_current_span("request") as request,
    ):
        accounts.users.get(ada.id)
        with pytest.raises(errors.InvalidCredentials):
            accounts.sessions.login(EMAIL, "hunter2 hunter2")
        accounts.health()
        read, login, health = exporter.get_finished_spans()
    assert (read.name, login.name) == ("accounts.users.get", "accounts.sessions.login")
    assert health.name == "accounts.health"
    assert read.parent == login.parent == request.get_span_context()
    assert dict(login.attributes or {}) == {"error.type": "invalid_credentials"}
    [(detail,)] = sql("SELECT detail FROM audit_events WHERE tag = 'account:login:failure'")
    assert f"{request.get_span_context().trace_id:032x}" in str(detail)
