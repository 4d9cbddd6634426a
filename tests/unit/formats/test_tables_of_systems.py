"""What exports of tables and directories contain beyond the plain case."""

import base64
import hashlib
import io

import pytest

from userctl.formats.sources import read_source
from userctl.formats.sources.options import SourceOptions
from userctl.security import password_hashes

PASSWORD = b"correct horse 77"


def users(name: str, content: str, *, secret: str | None = None) -> list[dict[str, object]]:
    """Return the users of an export, or why one is unreadable."""
    return [
        {"unreadable": record.unreadable}
        if record.unreadable
        else dict(zip(record.names, record.texts, strict=True))
        for record in read_source(io.StringIO(content), name, SourceOptions(secret=secret))
    ]


def only(name: str, content: str, *, secret: str | None = None) -> dict[str, object]:
    """Return the only user of an export."""
    [user] = users(name, content, secret=secret)
    return user


def matches(hashed: object) -> bool:
    """Tell whether a hash is one of the password, and of no other."""
    parsed = password_hashes.parse(str(hashed))
    secrets = {"salt": b"s3cret"}.__getitem__
    return parsed.matches(PASSWORD, secrets) and not parsed.matches(b"wrong", secrets)


ENTRY = "dn: uid=ada,dc=example\nuid: ada\nmail: ada@example.com\n"


@pytest.mark.parametrize(
    "line",
    [
        "jpegPhoto:: " + base64.b64encode(b"\xff\xd8").decode(),
        "objectGUID:: /////w==",
        "userCertificate;binary:< file:///tmp/x",
        "# a comment that is\n  folded: once",
    ],
)
def test_what_is_not_read_of_an_entry_may_be_of_any_form(line: str) -> None:
    user = only("ldap", f"# ada,\n  example\n{ENTRY}{line}\ncn: Ada\n")
    assert (user["email"], user["name"]) == ("ada@example.com", "Ada")


def test_the_first_password_of_an_entry_that_can_be_verified_counts() -> None:
    user = only("ldap", ENTRY + "userPassword: {SASL}ada@EXAMPLE\nuserPassword: {ssha}eA==\n")
    assert user["hashed_password"] == "{ssha}eA=="


def test_groups_and_computers_of_a_directory_are_no_users() -> None:
    group = (
        "dn: cn=x\nobjectClass: top\nobjectClass: Group\nsAMAccountName: x\nmail: x@example.com\n"
    )
    assert users("ldap", f"{group}\n{group.replace('Group', 'computer')}\n{ENTRY}") == [
        only("ldap", ENTRY)
    ]


def test_the_times_of_active_directory_are_read() -> None:
    assert only("ldap", ENTRY + "whenCreated: 20240506070809.0Z\n")["created_at"] == (
        "2024-05-06T07:08:09Z"
    )


@pytest.mark.parametrize("salt", ["0123456789", "00ff" * 8, "00ff" * 16])
@pytest.mark.parametrize("algorithm", ["", "pbkdf2", "pbkdf2$10000$50", "scrypt", "argon2"])
def test_gitea_means_its_oldest_costs_by_an_algorithm_without_numbers(
    algorithm: str, salt: str
) -> None:
    row = (
        f"lower_name,email,passwd,passwd_hash_algo,salt\na,a@x.org,{'00' * 50},{algorithm},{salt}\n"
    )
    hashed = str(only("gitea", row)["hashed_password"])
    expected = {"scrypt": "$scrypt$ln=16,r=16,p=2$", "argon2": "$argon2id$v=19$m=65536,t=2,p=8$"}
    assert hashed.startswith(expected.get(algorithm, "$pbkdf2-sha256$i=10000$"))
    raw = salt.encode() if len(salt) == 10 else bytes.fromhex(salt)
    assert base64.b64encode(raw).decode().rstrip("=") in hashed


ASPNET = "UserName,Email,PasswordHash,LockoutEnabled,LockoutEnd\n"


def test_the_older_hashes_of_asp_net_are_verified() -> None:
    salt = bytes(range(16))
    raw = b"\0" + salt + hashlib.pbkdf2_hmac("sha1", PASSWORD, salt, 1000, 32)
    row = f"{ASPNET}a,a@x.org,{base64.b64encode(raw).decode()},1,\n"
    assert matches(only("aspnet", row)["hashed_password"])


@pytest.mark.parametrize(
    ("enabled", "end", "status"),
    [
        ("1", "9999-12-31 23:59:59.9999999 +00:00", "disabled"),
        ("1", "9999-12-31 23:59:59.9999999 -08:00", "disabled"),
        ("1", "infinity", "disabled"),
        ("1", "2090-01-01 00:00:00.0000000 +00:00", "disabled"),
        ("0", "9999-12-31 23:59:59.9999999 +00:00", "active"),
        ("1", "2020-01-01 00:00:00.0000000 +00:00", "active"),
        ("1", "NULL", "active"),
    ],
)
def test_a_lockout_of_asp_net_that_goes_on_disables(enabled: str, end: str, status: str) -> None:
    assert only("aspnet", f"{ASPNET}a,a@x.org,,{enabled},{end}\n")["status"] == status


def test_flask_security_never_mixes_a_secret_into_hashes_of_django() -> None:
    header = "email,password,fs_uniquifier\n"
    plain = only("flask-security", f"{header}a@x.org,pbkdf2_sha256$1$a$b,x\n", secret="salt")
    assert plain["hashed_password"] == "pbkdf2_sha256$1$a$b"
    mixed = only("flask-security", f"{header}a@x.org,$2b$12$x,x\n", secret="salt")
    assert mixed["hashed_password"] == "$hmac-sha512$salt$2b$12$x"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("nextcloud", "uid,email,enabled\na,a@x.org,false\n", "disabled"),
        ("nextcloud", "uid,email,enabled\na,a@x.org,NULL\n", "active"),
        ("wordpress", "user_email,user_pass,spam,deleted\na@x.org,,0,1\n", "disabled"),
        ("wordpress", "user_email,user_pass,spam,deleted\na@x.org,,0,0\n", "active"),
        ("devise", "email,encrypted_password,discarded_at\na@x.org,,2024-05-06\n", "disabled"),
    ],
)
def test_who_could_not_log_in_there_cannot_here(name: str, content: str, status: str) -> None:
    assert only(name, content)["status"] == status


def test_old_digests_are_weak_and_verified() -> None:
    md5, sha1 = (hashlib.new(name, PASSWORD).hexdigest() for name in ("md5", "sha1"))
    for name, content in (
        ("wordpress", f"user_email,user_pass\na@x.org,{md5}\n"),
        ("nextcloud", f"uid,email,password\na,a@x.org,{sha1}\n"),
    ):
        hashed = only(name, content)["hashed_password"]
        assert password_hashes.parse(str(hashed)).is_weak
        assert matches(hashed)


def test_a_missing_name_is_no_name() -> None:
    row = "email,password,remember_token,first_name,last_name\na@x.org,,x,NULL,\\N\n"
    assert only("laravel", row)["name"] is None


@pytest.mark.parametrize("time", ["9" * 15, "9" * 18, "9" * 30, "-" + "9" * 18])
def test_a_time_beyond_all_calendars_is_the_fault_of_its_record(time: str) -> None:
    row = f"lower_name,email,passwd,passwd_hash_algo,created_unix\na,a@x.org,,,{time}\n"
    assert only("gitea", row) == {"unreadable": "Not in the format that the system writes."}
