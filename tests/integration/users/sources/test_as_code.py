"""Users of each system, once imported, are exported as code that says what is there."""

from pathlib import Path

import pytest

from tests.integration.conftest import Program, Sql
from tests.integration.users.sources.conftest import ADA, import_export
from tests.integration.users.sources.exports import EXPORTS
from tests.support.marks import soak_only
from userctl.formats.declarations.reader import read_declaration
from userctl.formats.declarations.writer import write_declaration
from userctl.schemas.apply import ApplyOptions
from userctl.schemas.declaration import Declaration


def refuse(*reason: object) -> None:
    raise AssertionError(reason)


def exported(program: Program, file: Path, *, with_hashes: bool) -> Declaration:
    """Export all users into a file, and return what it declares."""
    users = program.code_export.chunks(
        None, with_hashes=with_hashes, on_unreadable=refuse, on_odd=refuse
    )
    file.write_text("".join(write_declaration(file, users, None)))
    return read_declaration([file])


QUICK = {"cognito", "django", "htpasswd", "keycloak"}
"""Systems that differ most; the others are of the long run."""


@pytest.mark.parametrize("name", [name if name in QUICK else soak_only(name) for name in EXPORTS])
def test_an_export_as_code_is_in_sync_and_brings_the_users_back(
    knowing: Program, sql: Sql, tmp_path: Path, name: str
) -> None:
    import_export(knowing, name)
    for with_hashes, file in ((False, "users.json"), (True, "users.yaml")):
        declared = exported(knowing, tmp_path / file, with_hashes=with_hashes).users
        assert len(declared) == EXPORTS[name].users
        plan, refusal = knowing.apply.plan(declared, ApplyOptions())
        assert (plan.changes, refusal) == ([], None)
    before = knowing.users.show(ADA)
    sql("DELETE FROM users")
    knowing.apply.apply(declared, ApplyOptions())
    after = knowing.users.show(ADA)
    kept = {"email", "name", "role", "status", "has_password"}
    assert after.model_dump(include=kept) == before.model_dump(include=kept)
    if (password := EXPORTS[name].password) is not None:
        assert knowing.log_in(ADA, password)
