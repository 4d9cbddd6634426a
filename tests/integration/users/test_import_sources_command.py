"""``userctl user import --from``: what an operator and a script see."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.users.sources.exports import EXPORTS
from tests.support.cli import Userctl
from userctl.core.errors import InvalidInput
from userctl.formats.sources import SOURCES, read_source
from userctl.formats.sources.options import SourceOptions
from userctl.schemas.transfer import FileRecord

ADA = "ada@example.com"


def write(userctl: Userctl, name: str, content: str, mode: int = 0o644) -> Path:
    """Write a file."""
    file = userctl.home / name
    file.write_text(content)
    file.chmod(mode)
    return file


def test_an_export_is_recognized_and_that_is_said(userctl: Userctl) -> None:
    write(userctl, "users.json", EXPORTS["django"].content)
    command = ["user", "import", "users.json", "--map-role", "editors=user"]
    tried = userctl(*command, "--dry-run")
    assert "Read as Django's dumpdata (--from django)" in tried.err
    assert "Roles that are not mapped: superuser (1), x (1)." in tried.err
    assert "superuser" not in tried.out
    done = userctl(*command, "-o", "json")
    assert done.json["unmapped_roles"] == {"superuser": 1, "x": 1}
    assert (done.json["source"], done.json["created"]) == ("django", 2)
    login = userctl("login", ADA, "--password-stdin", stdin="correct horse 77")
    assert login.code == 0
    [event] = userctl("audit", "list", "--tag", "account:import", "-o", "json").json
    assert event["detail"]["source"] == "django"


def test_a_dry_run_says_how_the_passwords_are_hashed(userctl: Userctl) -> None:
    write(userctl, "users", EXPORTS["htpasswd"].content)
    options = ["--domain", "example.com", "--dry-run", "-o", "json"]
    found = userctl("user", "import", "users", *options).json
    assert found["source"] == "htpasswd"
    [scheme] = found["password_schemes"]
    assert (scheme["scheme"], scheme["count"], scheme["weak"]) == ("crypt", 2, 1)


@pytest.mark.parametrize("name", ["htpasswd", "ldap", "django", "supabase", "keycloak", "kratos"])
def test_rejected_records_are_written_so_that_they_can_be_imported_once_corrected(
    userctl: Userctl, name: str
) -> None:
    export = EXPORTS[name]
    content = export.content.replace("eve@example.com", "eve at example").replace("eve:", "eve!:")
    write(userctl, "export", content)
    # Where users have no address, one cannot be made of the other's name.
    domain = ["--domain", "exa mple.com"] if name == "htpasswd" else []
    options = ["--from", name, "--partial", "--rejects", "rejected", *domain]
    done = userctl("user", "import", "export", *options)
    assert done.code == 7
    rejected = (userctl.home / "rejected").read_text()
    assert "reason" in rejected or rejected.startswith("# ")
    corrected = rejected.replace("eve at example", "eve@example.com").replace("eve!:", "eve:")
    write(userctl, "corrected", corrected)
    again = ["--from", name, "--domain", "example.com", "-o", "json"]
    assert userctl("user", "import", "corrected", *again).json["rejected"] == 0
    assert userctl("user", "show", "eve@example.com").code == 0


def test_rejected_records_of_firebase_have_the_header_that_its_csv_lacks(userctl: Userctl) -> None:
    row = ["a", "eve at example", "true", *[""] * 20, "1508893925000", "", "", "false", ""]
    write(userctl, "users.csv", ",".join(row) + "\n")
    options = ["--from", "firebase", "--partial", "--rejects"]
    assert userctl("user", "import", "users.csv", *options, "rejected.csv").code == 7
    rejected = (userctl.home / "rejected.csv").read_text()
    assert rejected.startswith("reason,localId,email,")
    assert userctl("user", "import", "rejected.csv", *options, "again.csv").code == 7
    assert (userctl.home / "again.csv").read_text() == rejected
    write(userctl, "rejected.csv", rejected.replace("eve at example", "eve@example.com"))
    assert userctl("user", "import", "rejected.csv", "-o", "json").json["created"] == 1
    assert userctl("user", "show", "eve@example.com", "-o", "json").json["address_verified"]


def test_several_files_of_a_realm_are_read_as_one(userctl: Userctl) -> None:
    users = [{"username": f"u{number}", "email": f"u{number}@example.com"} for number in range(4)]
    users[3]["email"] = "u3 at example"
    for number, part in enumerate((users[:2], users[2:])):
        mark = "\ufeff" if number else ""
        write(userctl, f"x-users-{number}.json", mark + json.dumps({"realm": "x", "users": part}))
    write(userctl, "x-realm.json", json.dumps({"realm": "x", "sslRequired": "none"}))
    files = ["x-realm.json", "x-users-0.json", "x-users-1.json"]
    refused = userctl("user", "import", *files)
    assert (refused.code, "u3 at example" in refused.err) == (2, True)
    assert userctl("user", "list", "-o", "json").json == []
    assert userctl("user", "import", *files, "missing.json").code == 9
    assert userctl("user", "import", *files, "--rejects", files[1]).code == 2
    done = userctl("user", "import", *files, "--partial", "--rejects", "rejected.json")
    assert "Imported users: 3 created, 1 rejected" in done.err
    assert "u3 at example" in (userctl.home / "rejected.json").read_text()


def test_files_of_json_lines_are_read_as_one_and_files_of_csv_are_not(userctl: Userctl) -> None:
    for name in ("a", "b"):
        write(userctl, f"{name}.jsonl", json.dumps({"email": f"{name}@example.com"}))
        write(userctl, f"{name}.csv", f"email\n{name}@example.com\n")
    assert userctl("user", "import", "a.jsonl", "b.jsonl", "-o", "json").json["created"] == 2
    refused = userctl("user", "import", "a.csv", "b.csv", "-o", "json")
    assert (refused.code, "each has a header" in refused.error["message"]) == (2, True)


def test_a_sample_has_to_match_and_its_file_is_a_secret(userctl: Userctl) -> None:
    write(userctl, "users.json", EXPORTS["django"].content)
    command = ["user", "import", "users.json", "--verify-sample", "sample", "-o", "json"]
    sample = write(userctl, "sample", f"{ADA}\ncorrect horse 77\n")
    assert userctl(*command).error["code"] == "unsafe_file"
    write(userctl, "sample", f"{ADA}\nwrong\n", 0o600)
    refused = userctl(*command)
    assert (refused.code, refused.error["code"]) == (5, "sample_mismatch")
    assert userctl("user", "list", "-o", "json").json == []
    for content in ("", ADA, f"{ADA}\n"):
        write(userctl, "sample", content, 0o600)
        assert userctl(*command).code == 2
    sample.unlink()
    assert userctl(*command).code == 9
    write(userctl, "sample", f"{ADA}\ncorrect horse 77\n", 0o600)
    assert userctl(*command).json["created"] == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--from", "nothing"], "'nothing' is not a system"),
        (["--map-role", "editors"], "'editors' does not map a role"),
        (["--map-role", "editors=boss"], "'boss' is not a configured role"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(
    userctl: Userctl, options: list[str], expected: str
) -> None:
    write(userctl, "users.json", EXPORTS["django"].content)
    result = userctl("user", "import", "users.json", *options)
    assert result.code == 2
    assert expected in result.err


@pytest.mark.parametrize(
    "option", [["--domain", "x.example"], ["--secret", "x"], ["--map-role", "a=user"]]
)
def test_an_option_for_another_system_is_refused_with_our_own_fields(
    userctl: Userctl, option: list[str]
) -> None:
    write(userctl, "own.csv", "email\nada@example.com\n")
    refused = userctl("user", "import", "own.csv", *option)
    assert refused.code == 2
    assert f"{option[0]} has no effect" in refused.err


def test_roles_are_mapped_by_a_file_and_the_first_that_a_user_has_counts(userctl: Userctl) -> None:
    write(userctl, "users.json", EXPORTS["django"].content)
    write(userctl, "roles", "# ours\nsuperuser = admin\neditors=user # and theirs\n")
    done = userctl("user", "import", "users.json", "--role-map", "roles", "-o", "json").json
    assert done["unmapped_roles"] == {"x": 1}
    assert done["not_carried"] == {"several roles": 1}
    assert userctl("user", "show", ADA, "-o", "json").json["role"] == "admin"


def test_a_file_with_our_own_fields_is_taken_for_none_of_them(userctl: Userctl) -> None:
    write(userctl, "own.csv", "email,name\nada@example.com,Ada\n")
    assert "source" not in userctl("user", "import", "own.csv", "-o", "json").json
    userctl("user", "export", "all.jsonl", "--with-hashes")
    again = userctl("user", "import", "all.jsonl", "--on-conflict", "skip", "-o", "json").json
    assert again["skipped"] == 1
    assert "source" not in again


def test_a_login_that_lacks_a_secret_is_exit_6_and_says_which(userctl: Userctl) -> None:
    write(userctl, "users.csv", EXPORTS["devise"].content)
    assert userctl("user", "import", "users.csv", "--secret", "a b").code == 2
    done = userctl("user", "import", "users.csv", "--secret", "shop")
    assert done.code == 0
    assert "The secret 'shop' is not configured here." in done.err
    login = ["login", ADA, "--password-stdin", "-o", "json"]
    failed = userctl(*login, stdin="correct horse 77")
    assert (failed.code, failed.error["code"]) == (6, "migration_secret_missing")
    assert "'shop'" in failed.error["message"]
    secret = userctl.home / "pepper"
    userctl.extra["USERCTL_PASSWORD_SECRETS"] = f"shop={secret}"
    assert "does not exist" in userctl(*login, stdin="correct horse 77").error["message"]
    write(userctl, "pepper", "s3cret\n")
    assert userctl(*login, stdin="correct horse 77").error["code"] == "unsafe_file"
    secret.chmod(0o600)
    assert userctl(*login, stdin="wrong").code == 4
    assert userctl(*login, stdin="correct horse 77").code == 0


def test_hashes_of_another_system_are_in_copies_and_backups(userctl: Userctl) -> None:
    write(userctl, "users", EXPORTS["htpasswd"].content)
    assert userctl("user", "import", "users", "--domain", "example.com").code == 0
    assert userctl("db", "backup", "saved").code == 0
    assert userctl("user", "passwd", ADA, "--no-password").code == 0
    assert userctl("db", "restore", "saved", "--yes").code == 0
    login = ["login", ADA, "--password-stdin"]
    copy = f"sqlite:///{userctl.home}/copy.db"
    assert userctl("db", "copy", "--to", copy).code == 0
    for database in ([], ["--database-url", copy]):
        assert userctl(*login, *database, stdin="correct horse 77").code == 0


MUTATED = st.sampled_from(
    ["null", "[]", "{}", '""', "-1", "true", "1e999", '"\\u0000"', "\x00", "\ud800", ":", "$", "é"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.sampled_from(sorted(SOURCES)), st.data())
def test_a_mutated_export_is_refused_or_its_records_are(name: str, data: st.DataObject) -> None:
    export = EXPORTS[name]
    content = export.content
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 40)))
        content = content[:start] + data.draw(MUTATED) + content[end:]
    _read(name, content)


def _read(name: str, content: str) -> list[FileRecord]:
    options = SourceOptions(domain="example.com", secret="x")
    try:
        return list(read_source(io.StringIO(content), name, options))
    except InvalidInput:
        return []


def test_values_of_any_kind_make_no_traceback() -> None:
    for name in SOURCES:
        for value in (None, 1, "x", [], {}, [[]], [None], [1], ["x"], [{}], [{"a": 1}]):
            _read(name, json.dumps(value))
