"""Users of each system are imported from its export, and log in as they did there."""

import io
from dataclasses import replace

import bcrypt
import pytest

from tests.integration.conftest import Program, Sql
from tests.integration.users.sources.exports import ALL_SECRETS, EXPORTS, Export
from userctl.core.errors import InvalidCredentials, SampleMismatch
from userctl.formats.sources import SOURCES, guess_source, read_source
from userctl.formats.sources.common import SourceOptions
from userctl.schemas.transfer import ImportReport, PasswordSample
from userctl.security.passwords import PasswordHasher

ADA, EVE = "ada@example.com", "eve@example.com"


def bring(
    program: Program, name: str, *, sample: PasswordSample | None = None, dry_run: bool = False
) -> tuple[ImportReport, SourceOptions]:
    """Import the export of a system."""
    export = EXPORTS[name]
    options = SourceOptions(domain=export.domain, secret=export.secret, roles=export.roles)
    records = read_source(io.StringIO(export.content), name, options)
    report = program.user_import.load(records, source=name, sample=sample, dry_run=dry_run)
    return report, options


@pytest.fixture
def knowing(program: Program) -> Program:
    """A program that knows the secrets of all systems."""
    hasher = PasswordHasher(cost=4, password_secrets=lambda name: ALL_SECRETS[name].encode())
    program.tools = replace(program.tools, hasher=hasher)
    program.user_import._hasher = hasher
    return program


def test_each_system_has_an_export_here_and_is_recognized_by_it() -> None:
    assert {name: guess_source(export.content) for name, export in EXPORTS.items()} == {
        name: name for name in SOURCES
    }


@pytest.mark.parametrize("name", EXPORTS)
def test_a_user_logs_in_as_before_and_again_with_the_new_hash(
    knowing: Program, sql: Sql, name: str
) -> None:
    export: Export = EXPORTS[name]
    report, options = bring(knowing, name)
    assert [*report.reasons] == []
    assert (report.result.created, report.result.rejected) == (export.users, 0)
    assert tuple(sorted(options.lost)) == export.lost
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


@pytest.mark.parametrize("name", [name for name, each in EXPORTS.items() if each.password])
def test_a_sample_that_does_not_match_keeps_everything_out(knowing: Program, name: str) -> None:
    export = EXPORTS[name]
    for sample in (PasswordSample(ADA, "wrong"), PasswordSample("no@example.com", "x")):
        with pytest.raises(SampleMismatch):
            bring(knowing, name, sample=sample)
    assert knowing.metrics.collect().accounts == []
    report, _ = bring(knowing, name, sample=PasswordSample(ADA, str(export.password)), dry_run=True)
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
    bring(knowing, name)
    ada = knowing.users.show(ADA).model_dump(mode="json")
    names = ("name", "role", "address_verified", "created_at", "former_login_at")
    assert tuple(ada[field] for field in names) == expected


def test_what_cannot_be_mapped_is_listed_and_never_guessed(knowing: Program) -> None:
    _, options = bring(knowing, "django")
    assert dict(options.unmapped) == {"superuser": 1, "x": 1}
    assert knowing.users.show(ADA).role == "user"
