"""Users of each system are imported from its export, and log in as they did there."""

import base64
import hashlib
import hmac
import io
import json
from pathlib import Path

import bcrypt
import pytest

from tests.integration.conftest import Program, Sql
from tests.integration.users.sources.conftest import ADA, EVE, import_export
from tests.integration.users.sources.exports import EXPORTS, Export
from tests.support.marks import soak_only
from tests.unit.security.password_hashes.vectors import VECTORS
from userctl.core.errors import InvalidCredentials, SampleMismatch
from userctl.formats.sources import SOURCES, guess_source, read_source
from userctl.formats.sources.options import SourceOptions
from userctl.schemas.transfer import ImportRules, PasswordSample


def test_each_system_has_an_export_here_and_is_recognized_by_it() -> None:
    assert {name: guess_source(export.content) for name, export in EXPORTS.items()} == {
        name: name for name in SOURCES
    }


@pytest.mark.parametrize("name", EXPORTS)
def test_a_user_logs_in_as_before_and_again_with_the_new_hash(
    knowing: Program, sql: Sql, name: str
) -> None:
    export: Export = EXPORTS[name]
    report, options = import_export(knowing, name)
    assert [*report.reasons] == []
    assert (report.result.created, report.result.rejected) == (export.users, 0)
    assert tuple(sorted(options.losses)) == export.lost
    assert knowing.users.show(EVE).status == "disabled" or name in {
        "airflow", "htpasswd", "laravel", "nextcloud", "wordpress",
    }  # fmt: skip
    if export.password is None:
        assert not knowing.users.show(ADA).has_password
        return
    with pytest.raises(InvalidCredentials):
        knowing.log_in(ADA, f"{export.password}!")
    assert knowing.log_in(ADA, export.password)
    [(hashed, foreign)] = sql(
        "SELECT hashed_password, foreign_hash FROM users WHERE email = :email", email=ADA
    )
    assert foreign is None
    assert bcrypt.checkpw(export.password.encode(), hashed.encode())
    assert knowing.log_in(ADA, export.password)


@pytest.mark.parametrize("name", ["ldap", "devise", "kratos"])
def test_a_sample_that_does_not_match_keeps_everything_out(knowing: Program, name: str) -> None:
    export = EXPORTS[name]
    for sample in (PasswordSample(ADA, "wrong"), PasswordSample("no@example.com", "x")):
        with pytest.raises(SampleMismatch):
            import_export(knowing, name, sample=sample)
    assert knowing.metrics.collect().accounts == []
    report, _ = import_export(
        knowing, name, sample=PasswordSample(ADA, str(export.password)), dry_run=True
    )
    assert report.result.created == export.users


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("django", ("Ada Lovelace", "user", None, "2024-05-06T07:08:09Z", "2025-01-02T03:04:05Z")),
        ("keycloak", ("Ada", "user", True, "2025-11-26T10:00:00Z", None)),
        ("supabase", ("Ada", "user", True, "2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z")),
        ("ldap", ("Ada Löwe", "user", None, "2024-05-06T07:08:09Z", None)),
        ("gitea", ("Ada Lovelace", "user", None, "2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z")),
    ],
)
def test_names_times_and_verified_addresses_come_along(
    knowing: Program, name: str, expected: tuple[object, ...]
) -> None:
    import_export(knowing, name)
    ada = knowing.users.show(ADA).model_dump(mode="json")
    names = ("name", "role", "address_verified", "created_at", "former_login_at")
    assert tuple(ada[field] for field in names) == expected


def test_what_cannot_be_mapped_is_listed_and_never_guessed(knowing: Program) -> None:
    _, options = import_export(knowing, "django")
    assert dict(options.unmapped_roles) == {"superuser": 1, "x": 1}
    assert knowing.users.show(ADA).role == "user"


MADE = Path(__file__).parent / "made"


@pytest.mark.parametrize(
    ("file", "system", "users"),
    [
        ("django.json", "django", 3),
        soak_only("django-natural.json", "django", 3),
        soak_only("flask-appbuilder.csv", "flask-appbuilder", 2),
        ("flask-security.csv", "flask-security", 2),
        soak_only("fastapi-users.csv", "fastapi-users", 2),
        soak_only("htpasswd", "htpasswd", 2),
        soak_only("htpasswd-apache", "htpasswd", 3),
        ("laravel.csv", "laravel", 2),
        ("devise.csv", "devise", 2),
        ("wordpress.csv", "wordpress", 2),
        ("aspnet.csv", "aspnet", 1),
        ("aspnet-old.csv", "aspnet", 1),
    ],
)
def test_what_the_libraries_of_a_system_wrote_is_recognized_and_logs_in(
    knowing: Program, file: str, system: str, users: int
) -> None:
    content = (MADE / file).read_text()
    assert guess_source(content) == system
    secret = {"flask-security": "salt", "devise": "pepper"}.get(system)
    options = SourceOptions(domain="example.com", secret=secret, roles={"editors": "user"})
    report = knowing.user_import.load(read_source(io.StringIO(content), system, options))
    assert [*report.reasons] == []
    assert report.result.created == users
    assert knowing.log_in(ADA, "correct horse 77")
    assert knowing.log_in(ADA, "correct horse 77")


def test_csv_of_firebase_has_no_header(knowing: Program) -> None:
    hashed, salt = VECTORS["Firebase"].split("$")[4], "42xEC+ixf3L2lw=="
    row = ["a", ADA, "true", hashed, salt, "Ada", *[""] * 17, "1508893925000", "", "", "false", ""]
    options = SourceOptions(secret="fire")
    records = read_source(io.StringIO(",".join(row) + "\n"), "firebase", options)
    assert knowing.user_import.load(records).result.created == 1
    assert knowing.log_in(ADA, "correct horse 77")


def test_what_a_user_has_beside_the_password_is_counted_once() -> None:
    user = {"model": "auth.user", "pk": 1, "fields": {"password": "!", "email": ADA}}
    models = ["otp_totp.totpdevice", "otp_static.staticdevice", "socialaccount.socialaccount"]
    devices = [{"model": model, "fields": {"user": 1}} for model in models]
    options = SourceOptions()
    text = io.StringIO(json.dumps([user, *devices]))
    assert len(list(read_source(text, "django", options))) == 1
    assert dict(options.losses) == {"second factors": 1, "logins by other providers": 1}


def test_a_second_address_of_an_entry_of_a_directory_is_counted() -> None:
    options = SourceOptions()
    entry = f"dn: uid=ada\nuid: ada\nmail: {ADA}\nmail: lovelace@example.com\n"
    [record] = read_source(io.StringIO(entry), "ldap", options)
    assert dict(zip(record.names, record.texts, strict=True))["email"] == ADA
    assert dict(options.losses) == {"further addresses": 1}


def test_every_hash_that_auth0_imports_is_read_or_refused_by_name(program: Program) -> None:
    digest = hashlib.sha256(b"NaClcorrect horse 77").hexdigest()
    derived = hashlib.scrypt(b"correct horse 77", salt=b"NaCl", n=16384, r=8, p=1, dklen=64)
    taken = [
        {"algorithm": "bcrypt", "hash": {"value": VECTORS["bcryptjs"]}},
        {"algorithm": "argon2", "hash": {"value": VECTORS["fastapi-users argon2"]}},
        {"algorithm": "ldap", "hash": {"value": VECTORS["htpasswd SHA-1"]}},
        {
            "algorithm": "sha256",
            "hash": {"value": digest, "encoding": "hex"},
            "salt": {"value": "NaCl", "encoding": "utf8", "position": "prefix"},
        },
        {
            "algorithm": "scrypt",
            "keylen": 64,
            "hash": {"value": base64.b64encode(derived).decode(), "encoding": "base64"},
            "salt": {"value": "NaCl", "encoding": "utf8"},
        },
    ]
    keyed = hmac.digest(b"NaCl", b"correct horse 77", "sha256").hex()
    key = {"value": "4e61436c", "encoding": "hex"}
    hashed = {"value": keyed, "encoding": "hex", "digest": "sha256", "key": key}
    taken.append({"algorithm": "hmac", "hash": hashed})
    refused = [
        {"algorithm": "md4", "hash": {"value": "00" * 16, "encoding": "hex"}},
        {"algorithm": "hmac", "hash": {"value": "00" * 20, "digest": "md4", "encoding": "hex"}},
        {"algorithm": "md5", "hash": {"value": "00" * 16}},
        {**taken[0], "salt": {"value": "NaCl"}},
        {**taken[3], "password": {"encoding": "utf16le"}},
    ]
    users = [
        {"email": f"u{number}@example.com", "custom_password_hash": custom}
        for number, custom in enumerate(taken + refused)
    ]
    records = read_source(io.StringIO(json.dumps(users)), "auth0", SourceOptions())
    rules = ImportRules(allow_weak_hashes=True)
    report = program.user_import.load(records, partial=True, rules=rules)
    assert [reason.reason.split(", ")[0] for reason in report.reasons] == [
        "The password is hashed with md4",
        "The password is hashed with hmac",
        "The hash is neither in hex nor in base64.",
        "The password was hashed by bcrypt with a salt of its own.",
        "The password was hashed in an encoding other than UTF-8.",
    ]
    for number in range(len(taken)):
        assert program.log_in(f"u{number}@example.com", "correct horse 77")
