"""A used refresh token that comes back kills its family and no other, whatever went before."""

import random

import pytest

from tests.integration.conftest import PASSWORD, FakeClock, Program, Sql
from tests.support.marks import repeat
from userctl.core.errors import RefreshConflict, TokenReused, TokenRevoked
from userctl.schemas.tokens import TokenPair
from userctl.schemas.users import UserCreate, UserCreated
from userctl.security.opaque_token import REFRESH_TOKEN
from userctl.services.sessions.exchange import REPLAY_GRACE

MORE_THAN_GRACE = REPLAY_GRACE.total_seconds() + 0.001
WAITS = [0.001, 1, MORE_THAN_GRACE, 60, 200]

Family = list[TokenPair]
"""All tokens that a session was given, the last of which are live."""


class Sessions:
    """Sessions of which some go on while one is watched."""

    def __init__(self, program: Program, clock: FakeClock, emails: list[str]) -> None:
        self.program = program
        self.clock = clock
        self.others = [self.begin(email) for email in emails]

    def begin(self, email: str) -> Family:
        return [self.program.log_in(email).tokens]

    def exchange(self, family: Family) -> None:
        family.append(self.program.token_exchange.refresh(family[-1].refresh_token).tokens)

    def conflict(self, family: Family) -> None:
        self.exchange(family)
        with pytest.raises(RefreshConflict):
            self.program.token_exchange.refresh(family[-2].refresh_token)

    def verify(self, family: Family) -> str:
        claims = self.program.token_verifier.verify(family[-1].access_token).claims
        return claims.sid

    def meanwhile(self, draws: random.Random, watched: Family) -> None:
        """Let up to three other things happen, of which none ends a session."""
        other = draws.choice(self.others)
        events = [
            lambda: self.verify(watched),
            lambda: self.exchange(other),
            lambda: self.conflict(other),
            lambda: self.clock.advance(seconds=draws.choice(WAITS)),
        ]
        for event in draws.choices(events, k=draws.randint(0, 3)):
            event()

    def replay(self, used: TokenPair) -> None:
        with pytest.raises(TokenReused):
            self.program.token_exchange.refresh(used.refresh_token)

    def check_dead(self, family: Family) -> None:
        for pair in family:
            with pytest.raises(TokenRevoked):
                self.program.token_verifier.verify(pair.access_token)
        for pair in family[:-1]:
            self.replay(pair)
        with pytest.raises(TokenRevoked):
            self.program.token_exchange.refresh(family[-1].refresh_token)


@pytest.fixture
def sessions(program: Program, clock: FakeClock, ada: UserCreated) -> Sessions:
    """Sessions of two accounts."""
    program.users.create(UserCreate(email="eve@example.com", password=PASSWORD))
    return Sessions(program, clock, [ada.email, "eve@example.com"])


@repeat("seeds", few=3, soak=20)
@pytest.mark.parametrize("generations", [1, 2, 3, 4])
def test_a_replay_kills_every_token_of_its_family_and_no_other(
    sessions: Sessions, sql: Sql, generations: int, seeds: int
) -> None:
    for seed in range(seeds):
        draws = random.Random(f"{generations} {seed}")
        family = sessions.begin("ada@example.com")
        session = sessions.verify(family)
        for _ in range(generations):
            sessions.meanwhile(draws, family)
            sessions.exchange(family)
        sessions.meanwhile(draws, family)

        position = draws.randrange(generations)
        # Within the grace period it is a replay only where its successor was used as well.
        if position == generations - 1 or draws.random() < 0.5:
            sessions.clock.advance(seconds=MORE_THAN_GRACE)
        sessions.replay(family[position])

        replayed = sql(
            "SELECT token FROM refresh_tokens WHERE family_id = :id AND replayed_at IS NOT NULL",
            id=session,
        )
        assert replayed == [(REFRESH_TOKEN.digest(family[position].refresh_token),)]
        sessions.check_dead(family)
        for other in sessions.others:
            sessions.exchange(other)
    marked = sql("SELECT DISTINCT family_id FROM refresh_tokens WHERE replayed_at IS NOT NULL")
    assert len(marked) == seeds
