"""One SQLite file that is known by two names."""

from pathlib import Path

import pytest

from tests.support.cli import Userctl
from userctl.config.database_url import DatabaseURL

ADA = "ada@example.com"


def userctl_at(home: Path, path: Path | str) -> Userctl:
    return Userctl(home, None, extra={"USERCTL_DATABASE_URL": f"sqlite:///{path}"})


@pytest.fixture(params=["link", "link to a link", "linked folder", "relative", "two slashes"])
def names(request: pytest.FixtureRequest, local: Userctl) -> tuple[Userctl, Userctl]:
    """Userctl at a database and at another name of it."""
    local.create(ADA)
    database, home = local.database_file, local.home
    other: Path | str = home / "other.db"
    if request.param == "relative":
        other = f"../{database.name}"
    elif request.param == "two slashes":
        other = f"/{database}"
    elif request.param == "linked folder":
        (home / "folder").symlink_to(database.parent)
        other = home / "folder" / database.name
    else:
        first = home / "first.db" if "to a" in request.param else home / "other.db"
        first.symlink_to(database)
        if "to a" in request.param:
            (home / "other.db").symlink_to(first)
    return userctl_at(home, database), userctl_at(home, other)


def test_a_session_of_one_name_is_one_of_the_other(names: tuple[Userctl, Userctl]) -> None:
    one, other = names
    one.login(ADA)
    token = one("token", "print").out
    assert other("token", "verify", "--stdin", stdin=token).code == 0
    assert other("whoami", "-o", "json").json["email"] == ADA
    other.login(ADA)
    token = other("token", "print").out
    assert one("token", "verify", "--stdin", stdin=token).code == 0
    assert one("key", "list", "-q").out == other("key", "list", "-q").out != ""
    assert len(list(one.home.parent.rglob("*.keys"))) == 1


def test_a_link_to_nothing_becomes_a_database_where_it_leads(home: Path) -> None:
    link, target = home / "link.db", home / "data" / "users.db"
    target.parent.mkdir()
    link.symlink_to(target)
    userctl = userctl_at(home, link)
    assert userctl("user", "list").code == 6
    assert userctl("db", "migrate").code == 0
    assert link.is_symlink()
    assert target.is_file()
    userctl.create(ADA)
    userctl.login(ADA)
    assert target.with_name("users.db.keys").exists()
    assert {path.name for path in home.iterdir()} == {"data", "link.db", ".local"}


def test_a_restore_of_a_missing_database_keeps_the_link(local: Userctl) -> None:
    assert local("db", "backup", "b.backup").code == 0
    link, target = local.home / "link.db", local.home / "target.db"
    link.symlink_to(target)
    result = local("db", "restore", "b.backup", "--yes", "--database-url", f"sqlite:///{link}")
    assert result.code == 0, result.err
    assert link.is_symlink()
    assert target.is_file()


def test_a_database_is_not_copied_into_itself_by_another_name(local: Userctl) -> None:
    (local.home / "link.db").symlink_to(local.database_file)
    assert local("db", "copy", "--to", f"sqlite:///{local.home}/link.db").code == 2


def test_doctor_names_the_keys_that_an_older_version_left_beside_a_link(local: Userctl) -> None:
    link = local.home / "link.db"
    link.symlink_to(local.database_file)
    (local.home / "link.db.keys").touch(0o600)
    result = userctl_at(local.home, link)("doctor", "--problems")
    assert f"The keys in {link}.keys are not used" in result.out
    assert f"move it to {local.database_file}.keys" in result.out


def test_doctor_names_a_database_with_hard_links(local: Userctl) -> None:
    (local.home / "hard.db").hardlink_to(local.database_file)
    result = local("doctor", "--problems")
    assert result.code == 6
    assert "has 2 names (hard links)" in result.out


def test_the_url_is_shown_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "target.db")
    url = DatabaseURL.parse(f"sqlite:///{tmp_path}/link.db")
    assert str(url) == f"sqlite:///{tmp_path}/link.db"
    assert url.file == tmp_path / "target.db"
    assert url.embedded_keyring == tmp_path / "target.db.keys"
