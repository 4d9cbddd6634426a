"""What is recorded in the audit trail, on both databases."""

from contextlib import suppress
from datetime import timedelta

import pytest

from tests.integration.audit.conftest import ADA, last, tags
from tests.integration.conftest import ACTOR, PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import UserctlError
from userctl.schemas.audit import AuditQuery
from userctl.schemas.credentials import Credentials
from userctl.schemas.database import PurgeOptions
from userctl.schemas.tokens import ApiTokenCreate, TokenQuery
from userctl.schemas.transfer import FileRecord
from userctl.schemas.users import UserCreate, UserUpdate
from userctl.services.audit.trail import AuditService


def test_an_event_says_who_did_what_to_whom_when_and_how(
    audit: AuditService, clock: FakeClock
) -> None:
    [event] = audit.page(AuditQuery()).items
    assert (event.id, event.time, event.tag, event.outcome) == (
        1, clock.now, "account:create", "success",
    )  # fmt: skip
    assert (event.actor, event.machine) == ACTOR
    assert (event.user_id, event.target) == (1, ADA)
    assert event.detail == {"name": "Ada", "role": "admin"}


def test_every_change_of_an_account_is_recorded(program: Program, audit: AuditService) -> None:
    users = program.users
    users.create(UserCreate(email="root@example.com", role="admin", password=PASSWORD))
    users.update("1", UserUpdate(name="Ada L."))
    assert last(audit)[2] == {"changes": {"name": ["Ada", "Ada L."]}}
    users.update("1", UserUpdate(name="Ada L."))
    program.user_passwords.set_password("1", "another horse 78")
    program.user_passwords.require_change("1")
    program.user_status.disable("1")
    program.user_status.enable("1")
    program.user_status.enable("1")
    program.throttling.unlock("1")
    program.recycle_bin.delete(["1"])
    program.recycle_bin.restore("1")
    assert last(audit)[1:] == (
        ADA, {"role": "admin", "was": [1, ADA], "deleted_at": program.tools.clock().isoformat()},
    )  # fmt: skip
    program.recycle_bin.delete(["1"])
    program.recycle_bin.purge(-timedelta(seconds=1), trust_clock=True)
    assert tags(audit)[1:] == [
        "account:create",
        "account:update",
        "account:password:set",
        "account:password:expire",
        "account:disable",
        "account:enable",
        "account:unlock",
        "account:delete",
        "account:restore",
        "account:delete",
        "account:purge",
    ]


def test_what_is_rolled_back_leaves_no_event(program: Program, audit: AuditService) -> None:
    for refused in (
        lambda: program.users.create(UserCreate(email=ADA)),
        lambda: program.recycle_bin.delete(["1"]),
        lambda: program.users.update("99", UserUpdate(name="Nobody")),
    ):
        with pytest.raises(UserctlError):
            refused()
    assert tags(audit) == ["account:create"]


def test_logins_are_recorded_with_their_outcome(program: Program, audit: AuditService) -> None:
    grant = program.log_in(ADA)
    tag, target, detail = last(audit)
    assert (tag, target, detail["origin"]) == ("account:login:success", ADA, None)
    session = program.token_verifier.verify_offline(grant.tokens.access_token).sid
    assert detail["session"] == session
    for email, cause in ((ADA, "wrong_password"), ("eve@example.com", "unknown_address")):
        with pytest.raises(UserctlError):
            program.log_in(email, "wrong horse 77")
        detail = {"reason": "invalid_credentials", "cause": cause}
        detail |= {"method": "password", "source": None}
        failure = ("account:login:failure", email, detail)
        assert last(audit) == failure
    assert audit.page(AuditQuery(limit=1)).items[0].outcome == "failure"


def test_a_secret_that_was_typed_as_an_address_is_not_recorded(
    program: Program, audit: AuditService, sql: Sql
) -> None:
    with pytest.raises(UserctlError):
        program.log_in(PASSWORD, PASSWORD)
    assert last(audit)[1] is None
    assert PASSWORD not in str(sql("SELECT * FROM audit_events"))


def test_a_throttled_login_is_recorded(program: Program, audit: AuditService) -> None:
    for _ in range(6):
        with pytest.raises(UserctlError):
            program.log_in(ADA, "wrong horse 77")
    assert last(audit)[2]["reason"] == "throttled"


def test_a_password_that_changes_at_a_login_is_recorded(
    program: Program, audit: AuditService
) -> None:
    program.user_passwords.require_change("1")
    with pytest.raises(UserctlError):
        program.log_in(ADA)
    assert last(audit)[2]["reason"] == "password_change_required"
    secrets = {"secret": PASSWORD, "new_secret": "another horse 78"}
    program.log_in_with("password", Credentials(identity=ADA, **secrets))
    assert tags(audit)[-2:] == ["account:password:change", "account:login:success"]


def test_refreshes_are_recorded_and_so_are_their_failures(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    first = program.log_in(ADA).tokens.refresh_token
    program.token_exchange.refresh(first)
    assert last(audit)[0] == "token:refresh:success"
    with pytest.raises(UserctlError):
        program.token_exchange.refresh(first)
    assert (last(audit)[0], last(audit)[2]["reason"]) == (
        "token:refresh:failure", "refresh_conflict",
    )  # fmt: skip
    clock.advance(minutes=1)
    with pytest.raises(UserctlError):
        program.token_exchange.refresh(first)
    assert tags(audit)[-2:] == ["token:refresh:failure", "token:reuse"]
    [event] = audit.page(AuditQuery(limit=1)).items
    assert (event.outcome, event.user_id) == ("failure", 1)


def test_revocations_are_recorded_once(program: Program, audit: AuditService) -> None:
    token = program.log_in(ADA).tokens.refresh_token
    program.revocation.revoke(["1"])
    ended = last(audit)[2]
    assert (ended["token"], ended["revoked_sessions"], ended["revoked_api_tokens"]) == ("1", 1, 0)
    assert ended["session"]
    program.revocation.revoke(["1"])
    program.revocation.revoke_text(token)
    program.revocation.revoke_matching(TokenQuery(user=ADA))
    assert tags(audit).count("token:revoke") == 1
    program.log_in(ADA)
    program.revocation.revoke_matching(TokenQuery(user=ADA))
    assert last(audit)[2]["matching"] == {"user": ADA}


def test_api_tokens_are_recorded_without_their_text(
    program: Program, audit: AuditService, sql: Sql
) -> None:
    issued = program.api_tokens.issue(
        ApiTokenCreate(user=ADA, label="ci", scope=["read"], expires_in=None)
    )
    assert last(audit)[2] == {"label": "ci", "scope": "read", "token": "api-1"}
    program.api_tokens.verify(issued.token)
    assert last(audit)[::2] == ("api_token:verify:success", {"token": "api-1"})
    program.log_in_with("api-token", Credentials(secret=issued.token))
    assert last(audit)[2]["origin"] == "api-1"
    program.revocation.revoke(["api-1"])
    with pytest.raises(UserctlError):
        program.api_tokens.verify(issued.token)
    refused = {"reason": "token_revoked", "cause": "token_revoked"}
    assert last(audit) == (
        "api_token:verify:failure",
        ADA,
        refused | {"token": "api-1", "method": "api-token", "source": None},
    )
    assert issued.token not in str(sql("SELECT * FROM audit_events"))


def test_a_purge_records_each_transaction_and_how_it_ended(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    for _ in range(3):
        program.log_in(ADA)
    clock.advance(days=40)
    order = PurgeOptions(older_than=timedelta(), batch_size=2, trust_clock=True)
    program.purge.purge(order)
    events = list(audit.stream(AuditQuery(tag="token:purge")))
    assert [event.detail.get("tokens") for event in events] == [2, 1, None]
    assert events[-1].detail == {
        "deleted": 3, "deleted_api_tokens": 0, "remaining": 0, "stopped_by": None,
    }  # fmt: skip
    program.purge.purge(order)
    assert last(audit)[2]["deleted"] == 0


def test_an_import_records_its_numbers_and_the_digest_of_its_file(
    program: Program, audit: AuditService, clock: FakeClock
) -> None:
    clock.advance(minutes=1)
    rows = [FileRecord(2, ("email",), ("eve@example.com",)), FileRecord(3, ("email",), (ADA,))]
    program.user_import.load(rows, on_conflict="skip", digest=lambda: "ab")
    assert last(audit) == (
        "account:import",
        None,
        {"created": 1, "rejected": 0, "sha256": "ab", "skipped": 1, "updated": 0},
    )
    program.user_import.load(rows, dry_run=True)
    program.user_import.load(rows)
    assert tags(audit).count("account:import") == 1


def test_a_refresh_with_what_is_no_token_is_recorded(program: Program, audit: AuditService) -> None:
    with pytest.raises(UserctlError):
        program.token_exchange.refresh("garbage")
    assert last(audit) == (
        "token:refresh:failure", None, {"reason": "token_invalid", "session": None},
    )  # fmt: skip


def test_a_login_whose_new_password_is_refused_is_recorded(
    program: Program, audit: AuditService
) -> None:
    program.user_passwords.require_change("1")
    secrets = {"secret": PASSWORD, "new_secret": "short"}
    with pytest.raises(UserctlError):
        program.log_in_with("password", Credentials(identity=ADA, **secrets))
    assert last(audit)[2]["reason"] == "password_rejected"


def test_what_changes_nothing_is_no_event(program: Program, audit: AuditService) -> None:
    program.users.create(UserCreate(email="eve@example.com"))
    program.user_status.disable("2")
    program.user_status.disable("2")
    assert tags(audit).count("account:disable") == 1


def test_the_source_of_a_login_is_recorded(program: Program, audit: AuditService) -> None:
    for secret in (PASSWORD, "wrong horse 77"):
        with suppress(UserctlError):
            program.log_in_with(
                "password", Credentials(identity=ADA, secret=secret, source="10.0.0.1")
            )
        assert last(audit)[2]["source"] == "10.0.0.1"
