"""What ``userctl doctor`` finds in settings and keys."""

from datetime import UTC, datetime

import pytest

from tests.integration.doctor.conftest import ADA, findings, statuses
from tests.support.cli import Userctl
from userctl.core.secure_files import write_private
from userctl.services.doctor import configuration


def test_a_collector_that_nothing_can_send_to_is_told(
    local: Userctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "find_spec", lambda _: None)
    assert findings(local)["traces"]["status"] == "ok"
    monkeypatch.setattr(configuration, "wants_trace", lambda _: True)
    found = findings(local)["traces"]
    assert found["status"] == "warning"
    assert "extra otel" in found["message"]


def test_without_any_configuration_nothing_is_created(embedded: Userctl) -> None:
    assert statuses(embedded, code=6)["connection"] == "failure"
    assert list(embedded.home.rglob("*.db*")) == []


def test_no_key_is_a_warning_and_a_weak_one_fails(userctl: Userctl, postgres_url: str) -> None:
    weak = userctl.home / "weak"
    write_private(weak, "short")
    bare = Userctl(userctl.home, None, extra={"USERCTL_SECRET_KEY_FILE": str(weak)})
    assert statuses(bare, code=6)["signing_key"] == "failure"
    bare = Userctl(userctl.home, None, extra={"USERCTL_DATABASE_URL": postgres_url})
    found = findings(bare)["signing_key"]
    assert found["status"] == "warning"
    assert "USERCTL_SECRET_KEY" in found["advice"]


def test_an_old_key_is_a_warning(local: Userctl) -> None:
    local.keyring = True
    assert local("key", "generate").code == 0
    assert statuses(local)["signing_key"] == "ok"
    keyring = local.home / "keyring"
    year = datetime.now(UTC).year
    keyring.write_text(keyring.read_text().replace(f'"{year}-', f'"{year - 2}-'))
    found = findings(local)["signing_key"]
    assert found["status"] == "warning"
    assert found["advice"] == "Run 'userctl key rotate'."


def configured(userctl: Userctl, text: str) -> None:
    """Write a config file."""
    folder = userctl.home / ".config" / "userctl"
    folder.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o700)
    (folder / "config.toml").write_text(text)
    (folder / "config.toml").chmod(0o600)


@pytest.mark.parametrize(
    ("text", "said", "lost"),
    [
        ('output = "table\nsession_days = 3\n', "at line 1", set()),
        ("nonsense\n", "at line 1", set()),
        ("nonsense = 1\n", "'nonsense' (in ", set()),
        ("session_dayz = 3\n", "'session_dayz' (in ", {"clock"}),
        ('session_days = "x"\n', "session_days (from ", {"clock"}),
        ("roles = 3\n", "roles (from ", {"roles"}),
        ('secret_key = "x"\n', "must not be set in a config file", set()),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_failure_among_the_other_checks(
    local: Userctl, text: str, said: str, lost: set[str]
) -> None:
    local.create(ADA, "--role", "admin")
    local.database_file.chmod(0o600)
    configured(local, text)
    found = findings(local, code=6)
    assert said in found["configuration"]["message"]
    assert found["configuration"]["message"].endswith(".")
    assert found["configuration"]["advice"]
    failed = {name for name, finding in found.items() if finding["status"] == "failure"}
    assert failed == {"configuration", *lost}
    assert "audit_trail" in found
    # Everything else goes on to refuse such settings.
    assert local("user", "list").code == 2


@pytest.mark.parametrize(
    "text",
    [
        'databse_url = "sqlite:////nonexistent/x.db"\n',
        'database_url = "mysql://x"\n',
        "database_url = sqlite:///x\n",
        '[profiles.prod\ndatabase_url = "sqlite:////nonexistent/x.db"\n',
    ],
)
def test_no_other_database_is_examined_than_the_one_that_was_meant(
    embedded: Userctl, text: str
) -> None:
    embedded.create(ADA)
    configured(embedded, text)
    found = findings(embedded, code=6)
    assert found["connection"]["status"] == "failure"
    assert found["connection"]["message"].endswith("cannot be read: database_url.")
    assert found["configuration"]["status"] == "failure"
    assert {"files", "sqlite_version"} <= set(found)
    assert "schema" not in found
