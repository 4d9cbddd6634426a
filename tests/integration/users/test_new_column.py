"""A new column of ``users`` is a field of the model, a migration, a declaration and a schema."""

from pathlib import Path

import pytest

from tests.support.cli import Userctl
from tests.support.recipes import follow_recipe


@pytest.fixture
def with_locale(tmp_path: Path, bare_database_url: str) -> Userctl:
    """A copy of the package whose users have a locale, on a database that it migrated."""
    root, home = tmp_path / "checkout", tmp_path / "home"
    home.mkdir()
    assert len(follow_recipe("A column of users", root)) == 4
    program = Userctl(home, bare_database_url, extra={"PYTHONPATH": str(root)})
    assert program.spawn("db", "migrate").code == 0
    return program


@pytest.mark.soak
def test_a_column_that_is_declared_is_imported_shown_exported_and_archived(
    with_locale: Userctl,
) -> None:
    lines = "email,locale\nada@example.com,en-GB\neve@example.com,\n"
    imported = with_locale.spawn(
        "user", "import", "-", "--format", "csv", "-o", "json", stdin=lines
    )
    assert imported.json["created"] == 2
    lines = "email,locale\nada@example.com,\neve@example.com,de\n"
    updated = with_locale.spawn(
        "user", "import", "-", "--format", "csv", "--on-conflict", "update", "-o", "json",
        stdin=lines,
    )  # fmt: skip
    assert (updated.json["updated"], updated.json["skipped"]) == (1, 1)
    assert with_locale.spawn("user", "delete", "ada@example.com", "--yes").code == 0
    deleted = with_locale.spawn("user", "list", "--deleted", "-o", "json").json
    assert [user["locale"] for user in deleted] == ["en-GB"]
    assert with_locale.spawn("user", "restore", "ada@example.com").code == 0
    shown = with_locale.spawn("user", "show", "ada@example.com", "-o", "json").json
    assert (shown["name"], shown["locale"]) == (None, "en-GB")
    exported = with_locale.spawn("user", "export", "-", "--format", "csv").out.splitlines()
    assert exported[0].startswith("id,email,name,locale,role")
    assert [line.split(",")[:4] for line in exported[1:]] == [
        ["1", "ada@example.com", "", "en-GB"],
        ["2", "eve@example.com", "", "de"],
    ]
