"""Signing and verifying access tokens."""

import json
import random
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from tests.support import jws
from tests.support.jws import encode
from userctl.core.errors import TokenExpired, TokenInvalid
from userctl.schemas.tokens import AccessClaims
from userctl.security.access_token import MAXIMUM_LENGTH, AccessTokenCodec
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring, RingKey
from userctl.security.opaque_token import REFRESH_TOKEN

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SECRET = b"a key for the tests of at least 32 bytes"
KEY = SigningKey.symmetric(SECRET)
RING = Keyring((RingKey(KEY, "active"),))
CODEC = AccessTokenCodec(lambda: RING, issuer="userctl", audience=None)
CLAIMS = AccessClaims(
    sub="ada@example.com", uid=1, role="user", iss="userctl", iat=SECOND, exp=SECOND + 3600,
    jti="j", sid="s",
)  # fmt: skip
TOKEN = CODEC.encode(CLAIMS.model_dump())
HEADER = {"typ": "at+jwt", "kid": KEY.kid, "alg": "HS256"}
PAYLOAD = CLAIMS.model_dump(exclude_none=True)


def signed(header: Any = HEADER, payload: Any = PAYLOAD) -> str:
    """Return a token with our signature on whatever it is handed."""
    return jws.sign(header, payload, SECRET)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in PAYLOAD.items() if key != name}


def test_claims_come_back_as_they_were_signed() -> None:
    assert CODEC.decode(TOKEN, NOW) == CLAIMS
    assert CODEC.decode(signed(), NOW) == CLAIMS


@pytest.mark.parametrize(
    ("issued", "lifetime", "accepted"),
    [
        (0, 86_400, True),
        (0, 86_401, False),
        (-86_400 * 365, 86_400 * 366, False),
        (0, 86_400 * 3650, False),
        (30, 86_400, True),
        # It expires before it was issued.
        (30, -20, True),
    ],
)
def test_a_token_lives_no_longer_than_any_that_is_issued(
    issued: int, lifetime: int, accepted: bool
) -> None:
    payload = PAYLOAD | {"iat": SECOND + issued, "exp": SECOND + issued + lifetime}
    if accepted:
        assert CODEC.decode(signed(payload=payload), NOW).exp == payload["exp"]
    else:
        with pytest.raises(TokenInvalid, match="longer than any that userctl issues"):
            CODEC.decode(signed(payload=payload), NOW)


def test_another_program_that_knows_the_key_accepts_the_token() -> None:
    moment = datetime.now(UTC)
    claims = CLAIMS.model_copy(update={"iat": int(moment.timestamp()),
                                       "exp": int(moment.timestamp()) + 60})  # fmt: skip
    token = CODEC.encode(claims.model_dump())
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == "ada@example.com"


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"alg": "none"},
        HEADER | {"alg": "RS256"},
        HEADER | {"alg": "HS512"},
        HEADER | {"alg": None},
        HEADER | {"typ": "JWT"},
        HEADER | {"typ": None},
        HEADER | {"typ": 1},
        {"alg": "HS256", "kid": KEY.kid},
        {"alg": "HS256", "typ": "at+jwt"},
        HEADER | {"kid": "other"},
        HEADER | {"kid": 1},
        HEADER | {"kid": ["x"]},
        HEADER | {"kid": {}},
        HEADER | {"kid": "../../dev/null"},
        HEADER | {"kid": "' OR 1=1"},
        HEADER | {"crit": ["exp"]},
        HEADER | {"crit": []},
        HEADER | {"b64": False, "crit": ["b64"]},
        [],
        "x",
        1,
        None,
        b"{",
        b"\xff\xfe",
        b"[" * 2000,
        b'{"a":' * 500,
    ],
)
def test_a_header_that_is_not_ours_is_refused(header: Any) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(header), NOW)


@pytest.mark.parametrize("extra", [{"jku": "https://evil.example.com"}, {"jwk": {"kty": "oct"}}])
def test_a_key_offered_in_the_header_is_not_looked_at(extra: dict[str, Any]) -> None:
    other = {"alg": "HS256", "typ": "at+jwt", "kid": "other", **extra}
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(other), NOW)
    assert CODEC.decode(signed(HEADER | extra), NOW) == CLAIMS


@pytest.mark.parametrize("name", sorted(PAYLOAD))
def test_no_claim_may_be_missing(name: str) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(payload=without(name)), NOW)


@pytest.mark.parametrize("name", ["iat", "exp", "uid"])
@pytest.mark.parametrize("value", [True, 1.0, "1", None, -1, 10**30, [], {}, 1e400, float("nan")])
def test_a_number_is_a_whole_number_in_range(name: str, value: Any) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(payload=PAYLOAD | {name: value}), NOW)


@pytest.mark.parametrize("name", ["sub", "role", "iss", "jti", "sid"])
@pytest.mark.parametrize("value", [1, None, [], {}, True, "\ud800", "a\0", "\x1b[2J"])
def test_a_text_is_a_text(name: str, value: Any) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(payload=PAYLOAD | {name: value}), NOW)


@pytest.mark.parametrize(
    "payload",
    [
        PAYLOAD | {"iss": "another"},
        PAYLOAD | {"aud": "unexpected"},
        [],
        "x",
        b"{",
        b"\xff",
        b"[" * 2000 + b"]" * 1000,
        b'{"exp": ' + b"9" * 2000 + b"}",
    ],
)
def test_a_payload_that_is_not_ours_is_refused(payload: Any) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(signed(payload=payload), NOW)


@pytest.mark.parametrize("audience", [None, "other", ["api"], ["api", "other"], 1])
def test_the_audience_has_to_be_the_configured_one(audience: Any) -> None:
    codec = AccessTokenCodec(lambda: RING, issuer="userctl", audience="api")
    assert codec.decode(signed(payload=PAYLOAD | {"aud": "api"}), NOW).aud == "api"
    with pytest.raises(TokenInvalid):
        codec.decode(signed(payload=PAYLOAD | {"aud": audience}), NOW)


def test_a_token_expires_after_the_leeway() -> None:
    end = NOW + timedelta(seconds=3600 + 30)
    assert CODEC.decode(TOKEN, end - timedelta(seconds=1)) == CLAIMS
    with pytest.raises(TokenExpired):
        CODEC.decode(TOKEN, end)


def test_a_token_from_the_future_is_refused_beyond_the_leeway() -> None:
    assert CODEC.decode(TOKEN, NOW - timedelta(seconds=30)) == CLAIMS
    with pytest.raises(TokenInvalid):
        CODEC.decode(TOKEN, NOW - timedelta(seconds=31))


def test_a_token_may_say_from_when_on_it_is_valid() -> None:
    assert CODEC.decode(signed(payload=PAYLOAD | {"nbf": SECOND + 30}), NOW) == CLAIMS
    for value in (SECOND + 31, "0", 1.0, True, None):
        with pytest.raises(TokenInvalid):
            CODEC.decode(signed(payload=PAYLOAD | {"nbf": value}), NOW)


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "..", "...", "a.b.c", "a.b", TOKEN + "=", TOKEN + ".x", TOKEN + "\n", " " + TOKEN,
        TOKEN.replace(".", "..", 1), TOKEN.rpartition(".")[0] + ".", "\ud800" + TOKEN, "é.é.é",
        TOKEN + "A" * 5000, "A" * 10**6, "Bearer " + TOKEN, "\0", "uctl_rt_" + "0" * 72,
        TOKEN.rpartition(".")[0] + "." + encode(b"x" * 32),
    ],
)  # fmt: skip
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenInvalid):
        CODEC.decode(token, NOW)


def test_a_token_of_another_key_is_refused() -> None:
    ring = Keyring((RingKey(SigningKey.symmetric(SECRET[::-1]), "active"),))
    other = AccessTokenCodec(lambda: ring, issuer="userctl", audience=None)
    with pytest.raises(TokenInvalid):
        CODEC.decode(other.encode(CLAIMS.model_dump()), NOW)


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
        CODEC.decode(REFRESH_TOKEN.generate(), NOW)


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-32-be", "utf-8-sig"])
def test_header_and_claims_are_utf_8(encoding: str) -> None:
    for part in ("header", "payload"):
        value = HEADER if part == "header" else PAYLOAD
        with pytest.raises(TokenInvalid):
            CODEC.decode(signed(**{part: json.dumps(value).encode(encoding)}), NOW)


def test_a_claim_that_is_no_utf_8_is_refused() -> None:
    for raw in (b"\xff", "\ud800".encode("utf-8", "surrogatepass")):
        claims = json.dumps(PAYLOAD).encode().replace(b"ada@", b"ada" + raw + b"@")
        with pytest.raises(TokenInvalid):
            CODEC.decode(signed(payload=claims), NOW)
