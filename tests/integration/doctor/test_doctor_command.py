"""``userctl doctor``: what it finds, and what it corrects."""

import pytest

from tests.integration.doctor.conftest import ADA, findings, statuses
from tests.support.cli import Userctl


def test_where_all_is_well_every_check_says_so(healthy: Userctl) -> None:
    found = statuses(healthy)
    # The server of the tests knows no other role than its superuser.
    assert found.pop("role", "warning") == "warning"
    assert set(found.values()) == {"ok"}
    assert {"files", "leftovers", "signing_key", "connection", "schema", "integrity", "clock",
            "expired_tokens", "passwords", "admins", "roles",
            "audit_trail"} <= set(found)  # fmt: skip


def test_each_trouble_says_what_to_do(local: Userctl) -> None:
    local.database_file.chmod(0o666)
    found = findings(local, code=6)
    for finding in found.values():
        assert (finding["advice"] is None) == (finding["status"] == "ok")


@pytest.mark.parametrize("how", ["cut short", "a name in the schema", "a page"])
def test_a_damaged_file_is_a_failure_among_the_other_checks(local: Userctl, how: str) -> None:
    local.create(ADA)
    local("db", "vacuum", "-q")
    database = local.database_file
    content = bytearray(database.read_bytes())
    if how == "cut short":
        del content[len(content) // 2 :]
    elif how == "a page":
        content[4096 : 3 * 4096] = b"\xaa" * 2 * 4096
    else:
        content = content.replace(b"CREATE TABLE users", b"CREATE \xff\xfe\xfdLE users")
    for end in ("-wal", "-shm"):
        database.with_name(f"{database.name}{end}").unlink(missing_ok=True)
    database.write_bytes(content)
    found = findings(local, code=6)
    assert {"configuration", "files", "signing_key", "sqlite_version"} <= set(found)
    failed = [name for name, finding in found.items() if finding["status"] == "failure"]
    assert failed
    assert "signing_key" not in failed
    assert all(found[name]["advice"] for name in failed)
    assert not any("the value named here" in found[name]["advice"] for name in failed)
