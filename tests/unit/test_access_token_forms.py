"""Forms in which an access token may and may not come."""

import random
import string

import pytest

from tests.unit.test_access_token import CODEC, HEADER, NOW, PAYLOAD, TOKEN, signed
from userctl.errors import TokenInvalid
from userctl.security import refresh_token
from userctl.security.access_token import MAXIMUM_LENGTH

ALPHABET = string.ascii_letters + string.digits + "-_"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
def test_the_type_may_be_written_as_rfc_9068_allows(typ: str) -> None:
    assert CODEC.decode(signed(HEADER | {"typ": typ}), NOW).uid == 1


@pytest.mark.parametrize("typ", ["", "application/", "jwt", "rt+jwt", "x/at+jwt", ["at+jwt"]])
def test_no_other_type_is_accepted(typ: object) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(HEADER | {"typ": typ}), NOW)


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [float("-inf"), 253_402_300_800, -(2**63), "2030-01-01", 1e9])
def test_a_time_that_no_calendar_has_is_refused(name: str, value: object) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(payload=PAYLOAD | {name: value}), NOW)


def test_a_token_may_have_the_longest_form_and_not_one_character_more() -> None:
    longest = max(
        (signed(payload=PAYLOAD | {"sub": "x" * n}) for n in range(2650, 2900)),
        key=lambda token: len(token) if len(token) <= MAXIMUM_LENGTH else 0,
    )
    assert len(longest) > MAXIMUM_LENGTH - 3
    assert CODEC.decode(longest, NOW).uid == 1
    with pytest.raises(TokenInvalid, match="form"):
        CODEC.decode(longest + "A" * 4, NOW)


def test_a_refresh_token_is_no_access_token() -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(refresh_token.draw(), NOW)


@pytest.mark.parametrize("character", sorted(set(ALPHABET) - {TOKEN[-1]}))
def test_the_unused_bits_of_the_signature_allow_no_second_form(character: str) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(TOKEN[:-1] + character, NOW)


def test_no_other_letter_in_any_place_is_accepted() -> None:
    draws = random.Random(2)
    for position, character in enumerate(TOKEN):
        other = draws.choice(ALPHABET.replace(character, ""))
        with pytest.raises(TokenInvalid):
            CODEC.decode(TOKEN[:position] + other + TOKEN[position + 1 :], NOW)
