"""A user who comes with the hash of another system logs in as before, whatever happens between."""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

import bcrypt
import pytest

from tests.integration.conftest import PASSWORD, Program, Sql
from tests.integration.users.sources.exports import PEPPERED
from tests.integration.users.test_export import exported
from tests.unit.security.password_hashes.vectors import OTHER_VECTORS, SECRETS, VECTORS, by_cost
from tests.unit.security.password_hashes.vectors import PASSWORD as FOREIGN_PASSWORD
from userctl.core.errors import (
    InvalidCredentials,
    MigrationSecretMissing,
    PasswordChangeRequired,
    ProofOutdated,
)
from userctl.schemas.credentials import Credentials
from userctl.schemas.transfer import FileRecord, ImportRules
from userctl.security.bcrypt_hash import is_bcrypt_hash
from userctl.security.passwords import PasswordHasher

NFC = unicodedata.normalize("NFC", "motörhead 77")
ADA = "ada@example.com"
SSHA = OTHER_VECTORS["LDAP SSHA"][1]
SSHA_PASSWORD = OTHER_VECTORS["LDAP SSHA"][0]


def bring(program: Program, hashed: str, **fields: str) -> None:
    """Import a user with a hash."""
    values = {"email": ADA, "hashed_password": hashed} | fields
    record = FileRecord(2, tuple(values), tuple(values.values()))
    rules = ImportRules(allow_weak_hashes=True)
    assert (
        program.user_import.load([record], on_conflict="update", rules=rules).result.rejected == 0
    )


def stored(sql: Sql) -> tuple[str, str | None, str | None]:
    [row] = sql("SELECT hashed_password, disabled_hash, foreign_hash FROM users")
    return row


def knows(secrets: Mapping[str, str]) -> PasswordHasher:
    return PasswordHasher(cost=4, password_secrets=lambda name: secrets[name].encode())


@pytest.mark.parametrize("name", by_cost(VECTORS, VECTORS.__getitem__))
def test_the_first_login_replaces_the_hash_and_the_next_is_like_any_other(
    program: Program, sql: Sql, name: str
) -> None:
    program.tools = replace(program.tools, hasher=knows(SECRETS))
    bring(program, VECTORS[name])
    column, _, foreign = stored(sql)
    if not is_bcrypt_hash(VECTORS[name]):
        # Until then no other program lets the user in, and none gets an error.
        assert foreign == VECTORS[name]
        assert not bcrypt.checkpw(FOREIGN_PASSWORD.encode(), column.encode())
    assert program.users.show(ADA).has_password
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, "wrong password")
    assert program.log_in(ADA, FOREIGN_PASSWORD)
    column, waiting, foreign = stored(sql)
    assert (waiting, foreign) == (None, None)
    assert bcrypt.checkpw(FOREIGN_PASSWORD.encode(), column.encode())
    assert program.log_in(ADA, FOREIGN_PASSWORD)
    tags = [row[0] for row in sql("SELECT tag FROM audit_events ORDER BY id")]
    assert tags.count("account:password:rehash") == (not is_bcrypt_hash(VECTORS[name]))


def test_a_missing_secret_is_no_wrong_password_and_no_failed_login(program: Program) -> None:
    bring(program, VECTORS["Flask-Security argon2"])
    for _ in range(7):
        with pytest.raises(MigrationSecretMissing):
            program.log_in(ADA, FOREIGN_PASSWORD)
    assert program.throttling.show(ADA).failed_logins == 0
    program.tools = replace(program.tools, hasher=knows(SECRETS))
    assert program.log_in(ADA, FOREIGN_PASSWORD)


def test_a_disabled_user_is_let_in_again_when_enabled(program: Program, sql: Sql) -> None:
    bring(program, SSHA)
    program.user_status.disable(ADA)
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, SSHA_PASSWORD)
    assert stored(sql)[1:] == (None, SSHA)
    assert program.users.show(ADA).has_password
    program.user_status.enable(ADA)
    assert program.log_in(ADA, SSHA_PASSWORD)


def test_an_update_that_disables_keeps_the_hash(program: Program, sql: Sql) -> None:
    bring(program, SSHA)
    bring(program, "", status="disabled")
    bring(program, SSHA)
    assert stored(sql)[1:] == (None, SSHA)
    bring(program, "", status="active")
    assert program.log_in(ADA, SSHA_PASSWORD)


def test_a_deleted_user_is_restored_with_the_hash(program: Program) -> None:
    bring(program, SSHA)
    program.recycle_bin.delete([ADA])
    program.recycle_bin.restore(ADA)
    assert program.log_in(ADA, SSHA_PASSWORD)


@pytest.mark.parametrize("removes", [True, False])
def test_a_new_password_takes_the_place_of_the_hash(
    program: Program, sql: Sql, removes: bool
) -> None:
    bring(program, SSHA)
    program.user_passwords.set_password(ADA, None if removes else PASSWORD)
    assert stored(sql)[2] is None
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, SSHA_PASSWORD)


def test_what_another_program_sets_counts_and_the_hash_does_not(program: Program, sql: Sql) -> None:
    bring(program, SSHA)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    sql("UPDATE users SET hashed_password = :hashed", hashed=hashed)
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, SSHA_PASSWORD)
    assert program.log_in(ADA, PASSWORD)


def test_an_export_with_hashes_is_imported_as_it_was(program: Program, sql: Sql) -> None:
    bring(program, SSHA, address_verified="true", former_login_at="2020-01-02T03:04:05Z")
    [user] = exported(program, with_hashes=True)
    assert user["hashed_password"] == SSHA
    program.recycle_bin.delete([ADA])
    texts = {name: str(value) for name, value in user.items() if value is not None}
    bring(program, **{"hashed": texts.pop("hashed_password"), **texts})
    [again] = exported(program, with_hashes=True)
    ignored = {"id", "updated_at"}
    assert {n: v for n, v in again.items() if n not in ignored} == {
        n: v for n, v in user.items() if n not in ignored
    }


def test_a_password_that_bcrypt_cannot_take_logs_in_and_must_then_be_changed(
    program: Program, sql: Sql
) -> None:
    long = "correct horse battery staple " * 4
    hashed = "{SSHA}" + _ssha(long)
    bring(program, hashed)
    assert program.log_in(ADA, long)
    assert stored(sql)[2] == hashed
    assert program.users.show(ADA).must_change_password
    with pytest.raises(PasswordChangeRequired):
        program.log_in(ADA, long)
    changed = Credentials(identity=ADA, secret=long, new_secret=PASSWORD)
    assert program.log_in_with("password", changed)
    assert program.log_in(ADA, PASSWORD)
    assert stored(sql)[2] is None


@pytest.mark.parametrize("typed", [NFC, unicodedata.normalize("NFD", NFC)])
def test_what_was_typed_is_tried_and_then_what_it_is_normalized(
    program: Program, typed: str
) -> None:
    bring(program, "{SSHA}" + _ssha(NFC))
    assert program.log_in(ADA, typed)


def test_a_weak_password_that_was_right_before_is_right(program: Program) -> None:
    bring(program, "{SSHA}" + _ssha("abc"))
    assert program.log_in(ADA, "abc")
    assert program.log_in(ADA, "abc")


@pytest.mark.parametrize("upgrades", [True, False])
def test_the_hash_of_an_application_stays_unless_it_is_to_be_upgraded(
    program: Program, sql: Sql, upgrades: bool
) -> None:
    bring(program, "")
    sql("UPDATE users SET hashed_password = :hashed", hashed=SSHA)
    program.tools = replace(program.tools, password_upgrade=upgrades)
    assert program.log_in(ADA, SSHA_PASSWORD)
    column, _, foreign = stored(sql)
    assert foreign is None
    assert (column == SSHA) is not upgrades
    program.user_status.disable(ADA)
    program.user_status.enable(ADA)
    assert stored(sql)[0] == column


MIXED = base64.b64encode(hmac.digest(SECRETS["salt"].encode(), FOREIGN_PASSWORD.encode(), "sha512"))
NAMED = {
    "$hmac-sha512$salt": bcrypt.hashpw(MIXED[:72], bcrypt.gensalt(4)).decode(),
    "$pepper$shop": f"$pepper$shop{PEPPERED}",
    "{CRYPT}": VECTORS["htpasswd DES"],
}
"""Hashes by what says how they were made."""


@pytest.mark.parametrize("upgrades", [True, False])
@pytest.mark.parametrize("prefix", NAMED)
def test_the_hash_of_an_application_is_verified_once_it_is_said_how_it_was_made(
    program: Program, sql: Sql, prefix: str, upgrades: bool
) -> None:
    secrets = {**SECRETS, "shop": "s3cret"}
    hasher = PasswordHasher(cost=5, password_secrets=lambda name: secrets[name].encode())
    bare = NAMED[prefix].removeprefix(prefix)
    bring(program, "")
    sql("UPDATE users SET hashed_password = :hashed", hashed=bare)
    program.tools = replace(program.tools, hasher=hasher, password_upgrade=upgrades)
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, FOREIGN_PASSWORD)
    program.tools = replace(program.tools, adopted_hash_prefix=prefix)
    program._adopted_hash_prefix = prefix
    assert program.access.explain(ADA).verdict == "active"
    with pytest.raises(InvalidCredentials):
        program.log_in(ADA, "another horse 78")
    assert program.log_in(ADA, FOREIGN_PASSWORD)
    assert (stored(sql)[0] == bare) is not upgrades
    # A hash of our own, and one that was imported, say how they were made.
    assert program.log_in(ADA, FOREIGN_PASSWORD)
    bring(program, SSHA)
    assert program.log_in(ADA, SSHA_PASSWORD)


def test_of_two_first_logins_at_once_one_replaces_the_hash(program: Program, sql: Sql) -> None:
    bring(program, SSHA)
    credentials = Credentials(identity=ADA, secret=SSHA_PASSWORD)
    first, second = (program.authentication.authenticate(credentials) for _ in range(2))
    with program.database.writing() as uow:
        first.redeem(uow)
        uow.commit()
    [column, *_] = stored(sql)
    with program.database.writing() as uow, pytest.raises(ProofOutdated):
        second.redeem(uow)
    assert stored(sql)[0] == column
    assert program.log_in(ADA, SSHA_PASSWORD)


def _ssha(password: str) -> str:
    digest = hashlib.sha1(password.encode() + b"salt").digest()
    return base64.b64encode(digest + b"salt").decode()
