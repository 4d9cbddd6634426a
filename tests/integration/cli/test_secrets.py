"""Secrets that must not show: in messages, in other processes, in the process list."""

import stat
from pathlib import Path

import pytest

from tests.support.applications import open_connection
from tests.support.cli import Userctl
from userctl.core.masking import mask_secrets
from userctl.db.postgresql.programs import run_program

HASH = "$2b$12$" + "abcdefghijklmnopqrstuv" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
MD5 = "5f4dcc3b5aa765d61d8327deb882cf99"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"(7,ada@example.com,{HASH},user)", "(7,ada@example.com,***,user)"),
        (f"'{HASH}'", "'***'"),
        ("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA", "***"),
        ("x pbkdf2_sha256$260000$salt$aGFzaGhhc2g= y", "x *** y"),
        ("{SSHA}aGFzaGhhc2hoYXNo", "***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is it", "*** is it"),
        ("token uctl_rt_abcdefghijklmnop", "token ***"),
        ("it costs $5, or $10 $20 in all", "it costs $5, or $10 $20 in all"),
        ("The role 'boss' is not configured.", "The role 'boss' is not configured."),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@pytest.mark.parametrize("options", [(), ("--debug",), ("-o", "json"), ("--debug", "-o", "json")])
@pytest.mark.parametrize("stored", [HASH, MD5], ids=["bcrypt", "md5"])
def test_a_trigger_that_names_a_row_shows_no_hash(
    userctl: Userctl, options: tuple[str, ...], stored: str
) -> None:
    userctl.create("ada@example.com")
    assert userctl.database_url is not None
    with open_connection(userctl.database_url) as connection:
        connection.execute(f"UPDATE users SET hashed_password = '{stored}'")
        if userctl.database_url.startswith("sqlite"):
            connection.execute(
                "CREATE TRIGGER told BEFORE UPDATE ON users BEGIN "
                f"SELECT RAISE(ABORT, 'row: 7, {stored}'); END"
            )
        else:
            connection.execute(
                "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'row: %', NEW; END $$"
            )
            connection.execute(
                "CREATE TRIGGER told BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION told()"
            )
    failed = userctl("user", "update", "1", "--name", "Ada", *options)
    try:
        assert failed.code != 0
        assert stored not in failed.out + failed.err
    finally:
        with open_connection(userctl.database_url) as connection:
            if userctl.database_url.startswith("sqlite"):
                connection.execute("DROP TRIGGER told")
            else:
                connection.execute("DROP FUNCTION told CASCADE")


def test_programs_of_postgresql_do_not_get_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "ANYTHING"):
        monkeypatch.setenv(f"USERCTL_{name}", "a secret value")
    monkeypatch.setenv("PGSSLMODE", "prefer")
    inherited = run_program(["env"], {"PGPASSWORD": "given"}).splitlines()
    assert [line for line in inherited if "USERCTL" in line or "a secret" in line] == []
    assert {"PGSSLMODE=prefer", "PGPASSWORD=given"} <= {*inherited}


@pytest.mark.parametrize(
    ("url", "warns"),
    [
        ("postgresql://ada:hunter2@127.0.0.1:1/x", True),
        ("postgres://ada:hunter2@127.0.0.1:1/x", True),
        ("postgresql://127.0.0.1:1/x?user=ada&password=hunter2", True),
        ("postgresql://127.0.0.1:1/x?user=ada&p%61ssword=hunter2", True),
        ("postgresql://ada@127.0.0.1:1/x?application_name=hunter2", False),
        ("postgresql://ada@[::1]:1/x", False),
        ("sqlite:///a:b@c.db", False),
    ],
)
def test_a_password_on_the_command_line_is_warned_of(local: Userctl, url: str, warns: bool) -> None:
    for arguments, option in (
        (("user", "list", "--database-url", url), "--database-url"),
        (("db", "copy", "--to", url), "--to"),
    ):
        warned = local(*arguments).err
        assert (f"the password after {option} in the process list" in warned) == warns
        assert "hunter2" not in warned or not warns
        assert "process list" not in local(*arguments, "--quiet").err


def test_a_url_is_read_from_a_file(local: Userctl, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"sqlite:///{tmp_path / 'copy.db'}\n")
    file.chmod(stat.S_IRUSR)
    local.create("ada@example.com")
    assert local("db", "copy", "--to", f"@{file}", "-o", "json").code == 0
    listed = local("user", "list", "--database-url", f"@{file}", "-o", "json").json
    assert [user["email"] for user in listed] == ["ada@example.com"]
    missing = local("user", "list", "--database-url", "@missing", "-o", "json")
    assert (missing.code, missing.error["code"]) == (9, "io_error")
    for content in (b"", b"\n", b"\xff\xfe", b"x" * 20_000):
        (tmp_path / "bad").write_bytes(content)
        assert local("user", "list", "--database-url", f"@{tmp_path / 'bad'}").code == 2
