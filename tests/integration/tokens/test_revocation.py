"""Ending sessions, and the list of refresh tokens, on both databases."""

from collections.abc import Callable

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import TokenInvalid, TokenNotFound, TokenRevoked, UserNotFound
from userctl.schemas.session import Grant
from userctl.schemas.tokens import TokenQuery
from userctl.schemas.users import UserCreate
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services.tokens import revocation as module
from userctl.services.tokens.revocation import RevocationService


@pytest.fixture
def bob(program: Program) -> Grant:
    """A session of a second account."""
    program.users.create(UserCreate(email="bob@example.com", password=PASSWORD))
    return program.log_in("bob@example.com")


def is_alive(program: Program, session: Grant) -> bool:
    """Tell whether the newest token of a session can still be exchanged."""
    try:
        program.token_verifier.verify(session.tokens.access_token)
    except TokenRevoked:
        return False
    return True


@pytest.mark.parametrize(
    "revoke",
    [
        lambda service, session: service.revoke(["1"]),
        lambda service, session: service.revoke_text(session.tokens.refresh_token),
        lambda service, session: service.revoke_matching(TokenQuery(user="ADA@example.com")),
        lambda service, session: service.revoke_matching(TokenQuery(user="1")),
    ],
    ids=["by id", "by text", "by address", "by id of the account"],
)
def test_revoking_ends_one_session_once_and_leaves_the_others(
    program: Program,
    grant: Grant,
    bob: Grant,
    revoke: Callable[[RevocationService, Grant], module.RevokeResult],
) -> None:
    assert revoke(program.revocation, grant).revoked_sessions == 1
    assert (is_alive(program, grant), is_alive(program, bob)) == (False, True)
    assert revoke(program.revocation, grant).revoked_sessions == 0


def test_all_sessions_of_all_accounts_end_at_once(
    program: Program, grant: Grant, bob: Grant
) -> None:
    assert program.revocation.revoke_matching(TokenQuery()).revoked_sessions == 2
    assert (is_alive(program, grant), is_alive(program, bob)) == (False, False)
    assert program.revocation.revoke_matching(TokenQuery()).revoked_sessions == 0


def test_revoking_an_old_token_ends_the_session_it_belongs_to(
    program: Program, grant: Grant
) -> None:
    renewed = program.token_exchange.refresh(grant.tokens.refresh_token)
    assert program.revocation.revoke_text(grant.tokens.refresh_token).revoked_sessions == 1
    assert not is_alive(program, renewed)


def test_a_session_named_by_two_of_its_tokens_ends_once(program: Program, grant: Grant) -> None:
    program.token_exchange.refresh(grant.tokens.refresh_token)
    assert program.revocation.revoke(["1", "2", "1"]).revoked_sessions == 1


def test_a_session_that_has_expired_does_not_count_as_ended(
    program: Program, grant: Grant, clock: FakeClock
) -> None:
    clock.advance(days=31)
    assert program.revocation.revoke_matching(TokenQuery(user="1")).revoked_sessions == 0


@pytest.mark.parametrize("unknown", [0, 77, 3_000_000_000, 2**63 - 1, 2**70])
def test_nothing_is_revoked_where_one_id_is_unknown(
    program: Program, grant: Grant, unknown: int
) -> None:
    with pytest.raises(TokenNotFound, match=str(unknown)):
        program.revocation.revoke(["1", str(unknown)])
    assert is_alive(program, grant)


def test_a_text_that_was_never_issued_has_no_session_to_end(
    revocation: RevocationService, grant: Grant
) -> None:
    assert revocation.revoke_text(REFRESH_TOKEN.generate()).revoked_sessions == 0
    with pytest.raises(TokenInvalid):
        revocation.revoke_text(f"{grant.tokens.refresh_token}0")


def test_the_sessions_of_an_account_that_is_not_there_cannot_be_ended(
    revocation: RevocationService,
) -> None:
    with pytest.raises(UserNotFound):
        revocation.revoke_matching(TokenQuery(user="ada@example.com"))


def test_a_token_without_a_family_is_revoked_alone(
    program: Program, grant: Grant, sql: Sql
) -> None:
    for letter in "ab":
        sql(
            "INSERT INTO refresh_tokens (token, user_id, expires_at) "
            "VALUES (:token, 1, '2030-01-02 00:00:00')",
            token=letter * 64,
        )
    assert program.revocation.revoke(["2"]).revoked_sessions == 1
    active = program.token_list.page(TokenQuery(state="active")).items
    assert [token.id for token in active] == ["1", "3"]
