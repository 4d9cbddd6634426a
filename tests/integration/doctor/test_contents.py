"""What ``userctl doctor`` finds in the rows of a database."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.integration.doctor.conftest import ADA, findings, open_database, statuses
from tests.support.cli import Userctl
from userctl.schemas.page import LARGEST_ID


def test_an_event_out_of_its_place_fails(healthy: Userctl) -> None:
    with open_database(healthy) as connection:
        connection.execute(
            "INSERT INTO audit_events (id, time, tag, actor, machine, detail, hash) "
            f"SELECT {LARGEST_ID}, time, tag, actor, machine, detail, hash FROM audit_events"
        )
    found = findings(healthy, code=6)["audit_trail"]
    assert found["status"] == "failure"
    assert (
        found["message"]
        == f"Event 2 of the audit trail is missing (the last event is {LARGEST_ID})."
    )
    assert healthy("user", "create", "eve@example.com", "--no-password").code == 0
    assert findings(healthy, code=6)["audit_trail"]["message"].startswith("Event 3 ")


def test_a_clock_that_is_behind_fails(healthy: Userctl) -> None:
    with open_database(healthy) as connection:
        connection.execute("UPDATE users SET created_at = '2199-01-01 00:00:00'")
    found = findings(healthy, code=6)["clock"]
    assert found["status"] == "failure"
    assert "behind 2199-01-01" in found["message"]


def test_a_clock_far_ahead_of_everything_is_a_warning(healthy: Userctl) -> None:
    with open_database(healthy) as connection:
        connection.execute(
            "INSERT INTO refresh_tokens (token, user_id, created_at, expires_at) "
            "VALUES ('x', 1, '2001-01-01 00:00:00', '2001-02-01 00:00:00')"
        )
    assert statuses(healthy)["clock"] == "warning"


def orphan(userctl: Userctl) -> None:
    with open_database(userctl) as connection:
        if isinstance(connection, psycopg.Connection):
            connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES ('x', 77, '2199-01-01 00:00:00')"
        )


def test_a_row_that_refers_to_nothing_fails(healthy: Userctl) -> None:
    orphan(healthy)
    found = findings(healthy, code=6)["integrity"]
    assert found["status"] == "failure"
    assert "of refresh_tokens refers to a missing row of users" in found["message"]


def test_tokens_that_nobody_purges_are_a_warning(healthy: Userctl) -> None:
    healthy.login(ADA)
    for days, status in ((29, "ok"), (31, "warning")):
        with open_database(healthy) as connection:
            ended = datetime.now(UTC) - timedelta(days=days)
            connection.execute(f"UPDATE refresh_tokens SET expires_at = '{ended:%F %T}'")
        assert statuses(healthy)["expired_tokens"] == status
    healthy("token", "purge", "--yes")
    assert statuses(healthy)["expired_tokens"] == "ok"


@pytest.mark.parametrize("deleted", [False, True])
def test_roles_that_are_not_configured_are_named(healthy: Userctl, deleted: bool) -> None:
    healthy.extra["USERCTL_ROLES"] = "user,admin,editor"
    healthy.create("eve@example.com", "--role", "editor")
    if deleted:
        healthy("user", "delete", "eve@example.com", "--yes")
    assert statuses(healthy)["roles"] == "ok"
    del healthy.extra["USERCTL_ROLES"]
    assert "not configured: 'editor'." in findings(healthy)["roles"]["message"]


def test_a_disabled_user_to_whom_another_program_gave_a_password_is_named(
    healthy: Userctl,
) -> None:
    healthy.create("eve@example.com")
    healthy("user", "disable", "eve@example.com")
    assert statuses(healthy)["passwords"] == "ok"
    with open_database(healthy) as connection:
        connection.execute(
            "UPDATE users SET hashed_password = (SELECT hashed_password FROM users WHERE id = 1) "
            "WHERE id = 2"
        )
    assert "gave a password: 1 (2)." in findings(healthy)["passwords"]["message"]
    healthy("user", "disable", "eve@example.com")
    assert statuses(healthy)["passwords"] == "ok"


def test_users_left_to_the_application_are_no_problem_and_are_named(healthy: Userctl) -> None:
    healthy.create("eve@example.com")
    with open_database(healthy) as connection:
        # As an adoption leaves them out.
        connection.execute(
            "UPDATE users SET disabled_at = created_at, hashed_password = "
            "(SELECT hashed_password FROM users WHERE id = 1) WHERE id = 2"
        )
    found = [f for f in healthy("doctor", "-o", "json").json if f["check"] == "passwords"]
    assert [finding["status"] for finding in found] == ["ok", "ok"]
    assert "Left to the application, and disabled here alone: 1 (2)." in found[0]["message"]


def test_weak_foreign_and_expired_passwords_are_warnings(healthy: Userctl) -> None:
    healthy.extra["USERCTL_PASSWORD_COST"] = "11"
    assert "of a lower cost than password_cost: 1." in findings(healthy)["passwords"]["message"]
    healthy.extra["USERCTL_PASSWORD_COST"] = "10"
    assert healthy("user", "passwd", ADA, "--must-change").code == 0
    assert "at the next login: 1." in findings(healthy)["passwords"]["message"]
    healthy("user", "create", "eve@example.com", "--no-password")
    with open_database(healthy) as connection:
        connection.execute(
            "UPDATE users SET must_change_password = false, hashed_password = '$argon2id$v=19$x' "
            "WHERE email <> 'eve@example.com'"
        )
    assert "who cannot log in with it: 1." in findings(healthy)["passwords"]["message"]


def test_a_missing_secret_of_another_system_is_a_failure_that_says_how_many_wait(
    healthy: Userctl,
) -> None:
    healthy.extra["USERCTL_PASSWORD_COST"] = "10"
    hashed = f"$pepper$shop$2b$10${'a' * 21}u{'b' * 31}"
    record = json.dumps({"email": "eve@example.com", "hashed_password": hashed})
    assert healthy("user", "import", "-", "--format", "jsonl", stdin=record).code == 0
    found = json.loads(healthy("doctor", "-o", "json").out)
    about = [each for each in found if each["check"] == "passwords"]
    assert any("hash from another system: pepper 1." in each["message"] for each in about)
    [missing] = [each for each in about if each["status"] == "failure"]
    assert "'shop'" in missing["message"]
    secret = healthy.home / "pepper"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    healthy.extra["USERCTL_PASSWORD_SECRETS"] = f"shop={secret}"
    assert healthy("doctor").code == 0


def test_accounts_without_an_active_admin_are_a_warning(userctl: Userctl) -> None:
    if userctl.database_url is not None and userctl.database_url.startswith("sqlite"):
        userctl.database_file.chmod(0o600)
    assert statuses(userctl)["admins"] == "ok"
    userctl.create(ADA)
    assert statuses(userctl)["admins"] == "warning"


def test_no_admin_who_can_log_in_is_a_finding(healthy: Userctl) -> None:
    assert "1 of 1 users are active admins, of whom 1 can" in findings(healthy)["admins"]["message"]
    with open_database(healthy) as connection:
        connection.execute("UPDATE users SET hashed_password = 'gone'")
    found = findings(healthy)["admins"]
    assert found["status"] == "warning"
    assert found["message"].startswith("No admin can log in: of 1 active admins (ids 1) none")
    assert found["advice"] == "Set a password: userctl user passwd USER"
