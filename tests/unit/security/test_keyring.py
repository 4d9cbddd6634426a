"""How keys grow old: states and the changes between them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.signing_keys import NOW, key_for, ring_of
from userctl.core.errors import KeyActive, KeyExists, KeyNotFound, KeyNotPublished, UserctlError
from userctl.security.jwk import SigningKey
from userctl.security.keyring import MAXIMUM_RETIRED_KEYS, Keyring, RingKey
from userctl.security.new_keys import generate_key

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
A, B, C, D = (SigningKey.symmetric(letter * 32) for letter in (b"a", b"b", b"c", b"d"))
NAMES = {key.kid: name for key, name in zip((A, B, C, D), "ABCD", strict=True)}

EMPTY = Keyring()
ONE = EMPTY.with_key(A, NOW)
TWO = ONE.with_key(B, NOW)


def promoted(ring: Keyring, now: object = NOW + HOUR, minimum_age: timedelta = HOUR) -> Keyring:
    return ring.rotate(now, minimum_age=minimum_age, verifies_for=DAY)  # type: ignore[arg-type]


TURNED = promoted(TWO)
FULL = TURNED.with_key(C, NOW + HOUR)
SPENT = FULL.retire(A.kid, NOW + HOUR)


def shape(ring: Keyring) -> str:
    return " ".join(f"{NAMES[entry.key.kid]}:{entry.state}" for entry in ring.keys)


@pytest.mark.parametrize(
    ("ring", "expected"),
    [
        (EMPTY, ""),
        (ONE, "A:active"),
        (TWO, "B:next A:active"),
        (TURNED, "B:active A:passive"),
        (FULL, "C:next B:active A:passive"),
        (promoted(FULL, NOW + 2 * HOUR), "C:active B:passive A:passive"),
        (SPENT, "C:next B:active A:retired"),
        (FULL.retire(C.kid, NOW), "B:active A:passive C:retired"),
        (FULL.retire(C.kid, NOW).with_key(D, NOW), "D:next B:active A:passive C:retired"),
        (SPENT.retire(A.kid, NOW + DAY), "C:next B:active A:retired"),
        (FULL.as_of(NOW + HOUR + DAY - timedelta(seconds=1)), "C:next B:active A:passive"),
        (FULL.as_of(NOW + HOUR + DAY), "C:next B:active A:retired"),
    ],
)
def test_a_change_leads_from_one_ring_to_the_next(ring: Keyring, expected: str) -> None:
    assert shape(ring) == expected


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda: TWO.with_key(C, NOW), KeyExists),
        (lambda: ONE.with_key(A, NOW), KeyExists),
        (lambda: TWO.with_key(B, NOW), KeyExists),
        (lambda: TURNED.with_key(A, NOW), KeyExists),
        (lambda: SPENT.retire(C.kid, NOW).with_key(A, NOW), KeyExists),
        (lambda: promoted(EMPTY), KeyNotPublished),
        (lambda: promoted(ONE), KeyNotPublished),
        (lambda: promoted(TWO, NOW + HOUR - timedelta(seconds=1)), KeyNotPublished),
        (lambda: promoted(TWO, NOW - DAY), KeyNotPublished),
        (lambda: ONE.retire(A.kid, NOW), KeyActive),
        (lambda: EMPTY.retire(A.kid, NOW), KeyNotFound),
        (lambda: FULL.retire("other", NOW), KeyNotFound),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    change: Callable[[], Keyring], error: type[UserctlError]
) -> None:
    with pytest.raises(error):
        change()


def test_in_an_emergency_the_next_key_need_not_have_been_published() -> None:
    for now in (NOW, NOW - HOUR):
        assert shape(promoted(TWO, now, timedelta())) == "B:active A:passive"


def test_each_state_verifies_as_it_should() -> None:
    end = NOW + HOUR + DAY
    for moment, expected in ((NOW + HOUR, "ABC"), (end - timedelta(seconds=1), "ABC"), (end, "BC")):
        verifying = {NAMES[entry.key.kid] for entry in FULL.keys if entry.can_verify(moment)}
        assert verifying == set(expected)
    assert not any(entry.can_verify(NOW) for entry in SPENT.keys if entry.state == "retired")


def test_the_times_of_a_key_tell_its_life() -> None:
    (next_, active, passive) = FULL.keys
    assert (next_.created_at, next_.activated_at, next_.verifies_until) == (NOW + HOUR, None, None)
    assert (active.created_at, active.activated_at) == (NOW, NOW + HOUR)
    assert (passive.activated_at, passive.verifies_until) == (NOW, NOW + HOUR + DAY)
    retired = SPENT.get(A.kid)
    assert (retired.activated_at, retired.verifies_until) == (NOW, NOW + HOUR)
    assert FULL.as_of(NOW + 9 * DAY).get(A.kid).verifies_until == NOW + HOUR + DAY


def test_a_retired_key_keeps_its_name_and_no_material() -> None:
    for ring in (SPENT, FULL.as_of(NOW + 9 * DAY)):
        key = ring.get(A.kid).key
        assert (key.kid, key.algorithm, dict(key.members)) == (A.kid, "HS256", {})


def test_a_passive_asymmetric_key_forgets_what_it_signed_with() -> None:
    key = key_for("EdDSA")
    passive = promoted(ring_of(key).with_key(B, NOW)).get(key.kid)
    assert (passive.state, set(passive.key.members)) == ("passive", {"kty", "crv", "x"})


def test_only_the_latest_retired_keys_are_remembered() -> None:
    ring = ONE
    retired = []
    for number in range(MAXIMUM_RETIRED_KEYS + 3):
        key = generate_key("HS256")
        now = NOW + number * HOUR
        ring = ring.with_key(key, now).retire(key.kid, now)
        retired.append(key.kid)
    assert [entry.key.kid for entry in ring.keys] == [
        A.kid,
        *retired[: -MAXIMUM_RETIRED_KEYS - 1 : -1],
    ]


@pytest.mark.parametrize(
    "states", ["next", "active active", "next next active", "passive", "retired"]
)
def test_no_ring_is_without_one_active_key_or_with_two_next(states: str) -> None:
    keys = zip((A, B, C), states.split(), strict=False)
    with pytest.raises(ValueError, match=r"active|next"):
        Keyring(tuple(RingKey(key, state) for key, state in keys))  # type: ignore[arg-type]


def test_no_key_stands_in_a_ring_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Keyring((RingKey(A, "active"), RingKey(A, "next")))
