"""Thousands of tokens that an attacker would try, made from one that is valid."""

import base64
import json
import random
import string
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.jws import encode, sign
from tests.support.marks import repeat
from tests.support.signing_keys import key_for
from userctl.core.errors import TokenExpired, TokenInvalid
from userctl.schemas.tokens import AccessClaims
from userctl.security.access_token import MAXIMUM_LENGTH, AccessTokenCodec
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring, RingKey
from userctl.security.opaque_token import REFRESH_TOKEN

CPU_SECONDS = 1

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SECRET = b"a key for the tests of at least 32 bytes"
KEY = SigningKey.symmetric(SECRET)
RSA = key_for("RS256")
RING = Keyring((RingKey(KEY, "active"), RingKey(RSA, "next")))
CODEC = AccessTokenCodec(lambda: RING, issuer="userctl", audience=None)
CLAIMS = AccessClaims(
    sub="ada@example.com", uid=1, role="user", iss="userctl", iat=SECOND, exp=SECOND + 3600,
    jti="j", sid="s",
)  # fmt: skip
TOKEN = CODEC.encode(CLAIMS.model_dump())
HEADER = {"typ": "at+jwt", "kid": KEY.kid, "alg": "HS256"}
PAYLOAD = CLAIMS.model_dump(exclude_none=True)
HEAD, BODY, SIGNATURE = TOKEN.split(".")

ALPHABET = string.ascii_letters + string.digits + "-_"
OTHER_LETTERS = "=+/.,:;%&~ \t\r\n\v\0\x1b\x7f\x85\xa0é\u0410\u200b\u202e\ufeff\uff21\ud800\udcff😀"
PEM, DER = (
    RSA.verifier.public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
    for form in (Encoding.PEM, Encoding.DER)
)
PUBLIC_KEYS = [PEM, PEM.strip(), DER, json.dumps(RSA.public_jwk).encode(), RSA.kid.encode()]
OF_ONE_KEY_UNDER_THE_NAME_OF_THE_OTHER = [
    jwt.encode(PAYLOAD, RSA.signer, "RS256", HEADER | {"alg": "RS256"}),
    jwt.encode(PAYLOAD, SECRET, "HS256", HEADER | {"kid": RSA.kid}),
]
OTHER_SECRETS = [b"", b"\0", SECRET[:-1], SECRET + b"\n", SECRET[::-1], *PUBLIC_KEYS,
                 HEADER["kid"].encode(), encode(SECRET).encode(), b"secret"]  # fmt: skip
ALGORITHMS = ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "HS1", "HS384", "HS512",
              "RS256", "PS256", "ES256", "ES256K", "EdDSA", "dir", "A256GCM"]  # fmt: skip
NUMBERS = [True, False, 0, -1, 1.0, 1e9, 10**30, -(2**63), 10**600, 253_402_300_800, -0.0,
           float(SECOND), float("nan"), float("inf"), float("-inf")]  # fmt: skip
UNSEEN_TEXTS = ["\0", "a\nb", "\x1b[2J", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\ud800",
                "\udfff\ud800", "x\udcff"]  # fmt: skip
OTHER_TEXTS = ["1", "2030-01-01", str(SECOND), "1e9", "NaN", "0x1", "at+jwtx", "JWT", "rt+jwt",
               "../../dev/null", "' OR 1=1 --", "x" * 2000]  # fmt: skip
EMPTY = ["", [], {}, None]
HEADERS_WITH_A_KEY = [
    {"jku": "https://evil.example.com/jwks.json"},
    {"x5u": "file:///etc/passwd"},
    {"jwk": {"kty": "oct", "k": encode(b"the key of an attacker")}},
    {"x5c": ["MIIB"]},
    {"kid": "https://evil.example.com/key"},
]


def nested(draws: random.Random) -> Any:
    """Return lists or objects in each other, sometimes deeper than a parser goes."""
    value: Any = 1
    for _ in range(draws.choice([1, 10, 100, 300])):
        value = draws.choice([[value], {"a": value}])
    return value


def hostile(draws: random.Random) -> Any:
    """Return a value that is right in no place of a token."""
    return draws.choice([*NUMBERS, *UNSEEN_TEXTS, *OTHER_TEXTS, *EMPTY, nested(draws)])


def no_text(draws: random.Random) -> Any:
    """Return a value that is not plain text."""
    return draws.choice([*NUMBERS, *UNSEEN_TEXTS, [], {}, None, ["userctl"], nested(draws)])


def no_number(draws: random.Random) -> Any:
    """Return a value that is not a whole number, or is beyond every calendar."""
    numbers = [number for number in NUMBERS if number not in (0, 1) or type(number) is not int]
    return draws.choice([*numbers, *UNSEEN_TEXTS, *OTHER_TEXTS, *EMPTY, nested(draws)])


def hostile_claim(draws: random.Random) -> tuple[str, Any]:
    """Return a claim with a value that it must not have."""
    name = draws.choice([*PAYLOAD, "nbf", "aud", "scope"])
    if name == "exp":
        return name, draws.choice([no_number(draws), 0, SECOND - draws.randint(30, 10**9)])
    if name in {"iat", "nbf"}:
        return name, draws.choice(
            [True, 1.5, "0", None, 10**30, SECOND + draws.randint(31, 10**9), nested(draws)]
        )
    if name == "uid":
        value = no_number(draws)
        # An id of 64 bits may be beyond every calendar.
        return name, 2**63 if type(value) is int and 0 < value < 2**63 else value
    if name == "iss":
        return name, hostile(draws)
    if name == "aud":
        return name, draws.choice(["userctl", "", ["userctl"], [], {}, 0, False, nested(draws)])
    return name, no_text(draws)


def hostile_member(draws: random.Random) -> tuple[str, Any]:
    """Return a header member with a value that it must not have."""
    name = draws.choice([*HEADER, "crit"])
    if name == "alg":
        return name, draws.choice([*ALGORITHMS, hostile(draws)])
    if name == "crit":
        return name, draws.choice([["exp"], ["b64"], ["typ", "kid"], hostile(draws)])
    return name, hostile(draws)


def with_repeated_member(members: dict[str, Any], name: str, value: Any) -> bytes:
    """Return an object in which a member comes twice, the last of which counts (RFC 7519, 4)."""
    return f"{json.dumps(members)[:-1]}, {json.dumps(name)}: {json.dumps(value)}}}".encode()


# Signed with our own key: nothing but the header is wrong, or nothing but the claims.


def header_with_a_hostile_member(draws: random.Random) -> str:
    name, value = hostile_member(draws)
    return sign(HEADER | {name: value}, PAYLOAD, SECRET)


def header_with_a_hostile_second_member(draws: random.Random) -> str:
    return sign(with_repeated_member(HEADER, *hostile_member(draws)), PAYLOAD, SECRET)


def header_without_a_member(draws: random.Random) -> str:
    missing = draws.choice(list(HEADER))
    return sign({n: value for n, value in HEADER.items() if n != missing}, PAYLOAD, SECRET)


def hostile_claims(draws: random.Random) -> str:
    changes = dict(hostile_claim(draws) for _ in range(draws.randint(1, 3)))
    return sign(HEADER, PAYLOAD | changes, SECRET)


def hostile_second_claim(draws: random.Random) -> str:
    return sign(HEADER, with_repeated_member(PAYLOAD, *hostile_claim(draws)), SECRET)


def claims_without_one(draws: random.Random) -> str:
    missing = draws.choice(list(PAYLOAD))
    return sign(HEADER, {n: value for n, value in PAYLOAD.items() if n != missing}, SECRET)


def no_json(draws: random.Random) -> str:
    depth = draws.randint(1, 1400)
    part = draws.choice(
        [
            b"", b"{", b"\xff\xfe", b"NaN", b"'{}'", b"1e999", draws.randbytes(40), b'{"a":' * 300,
            b"[" * depth, b"[" * depth + b"]" * depth, b'{"exp": ' + b"9" * depth + b"}",
            json.dumps(PAYLOAD).encode()[:-1], json.dumps(hostile(draws)).encode(),
        ]
    )  # fmt: skip
    return sign(*draws.choice([(HEADER, part), (part, PAYLOAD), (part, part)]), SECRET)


# Signed with something else, or not at all: the claims would be ours.


def key_of_an_attacker(draws: random.Random) -> str:
    header = HEADER | draws.choice([{}, *HEADERS_WITH_A_KEY])
    return sign(header, PAYLOAD, draws.choice(OTHER_SECRETS))


def another_algorithm(draws: random.Random) -> str:
    secret = draws.choice([SECRET, *OTHER_SECRETS])
    digest = draws.choice(["sha1", "sha256", "sha384", "sha512"])
    return sign(HEADER | {"alg": draws.choice(ALGORITHMS)}, PAYLOAD, secret, digest)


def public_key_as_a_secret(draws: random.Random) -> str:
    header = HEADER | {"kid": RSA.kid, "alg": draws.choice(["HS256", *ALGORITHMS])}
    return sign(header, PAYLOAD, draws.choice([SECRET, *PUBLIC_KEYS]))


def another_key(draws: random.Random) -> str:
    return draws.choice(OF_ONE_KEY_UNDER_THE_NAME_OF_THE_OTHER)


def no_signature(draws: random.Random) -> str:
    header = HEADER | {"alg": draws.choice([*ALGORITHMS, "HS256"])}
    message = sign(header, PAYLOAD, SECRET).rpartition(".")[0]
    return message + draws.choice(["", ".", "..", ".e30", ".AA", f".{encode(b'none')}"])


def another_signature(draws: random.Random) -> str:
    raw = bytearray(base64.urlsafe_b64decode(SIGNATURE + "="))
    raw[draws.randrange(len(raw))] ^= 1 << draws.randrange(8)
    size = draws.randint(1, 64)
    mac = draws.choice([raw, draws.randbytes(size), raw[:size], raw * 2, b"\0" * 32])
    return f"{HEAD}.{BODY}.{encode(bytes(mac))}"


def claims_changed_after_signing(draws: random.Random) -> str:
    change = draws.choice([{"uid": 2}, {"role": "admin"}, {"exp": SECOND + 10**6}, {"sid": "t"}])
    return f"{HEAD}.{encode(json.dumps(PAYLOAD | change).encode())}.{SIGNATURE}"


# The text itself.


def other_letters(draws: random.Random) -> str:
    text = list(TOKEN)
    for _ in range(draws.randint(1, 3)):
        position = draws.randrange(len(text))
        letters = draws.choices(ALPHABET + OTHER_LETTERS, k=draws.randint(0, 2))
        text[position : position + draws.randint(0, 2)] = letters
    return "".join(text)


def letter_put_in(draws: random.Random) -> str:
    position = draws.choice([0, len(HEAD), len(HEAD) + 1, len(TOKEN), draws.randrange(len(TOKEN))])
    letters = draws.choice([*OTHER_LETTERS, "==", "\r\n", "%3D", "\\u002e", "Bearer "])
    return TOKEN[:position] + letters + TOKEN[position:]


def unused_bits(draws: random.Random) -> str:
    parts = [HEAD, BODY, SIGNATURE]
    number = draws.randrange(3)
    last = ALPHABET.replace(parts[number][-1], "")
    parts[number] = parts[number][:-1] + draws.choice(last)
    return ".".join(parts)


def another_encoding(draws: random.Random) -> str:
    raw = [base64.urlsafe_b64decode(part + "==") for part in (HEAD, BODY, SIGNATURE)]
    convert = draws.choice(
        [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b16encode,
         base64.a85encode, base64.b85encode]
    )  # fmt: skip
    parts = [convert(part).decode() for part in raw]
    if draws.random() < 0.5:
        number = draws.randrange(3)
        parts = [part if n == number else encode(raw[n]) for n, part in enumerate(parts)]
    return ".".join(parts)


def pieces(draws: random.Random) -> str:
    parts = draws.choices([HEAD, BODY, SIGNATURE, "", "e30"], k=draws.randint(1, 7))
    return ".".join(parts)


def cut(draws: random.Random) -> str:
    start, end = sorted(draws.sample(range(len(TOKEN)), 2))
    return draws.choice([TOKEN[:end], TOKEN[start + 1 :], TOKEN[start:end], ""])


def put_together(draws: random.Random) -> str:
    return TOKEN + draws.choice(["", ".", "\n", ",", " "]) + draws.choice([TOKEN, BODY, "A" * 9])


def oversized(draws: random.Random) -> str:
    size = draws.choice([MAXIMUM_LENGTH, 10**5, 10**6])
    filling = draws.choice(["A", ".", "=", "\ud800", "e30."]) * size
    claims = PAYLOAD | {"sub": "x" * MAXIMUM_LENGTH}
    return draws.choice([TOKEN + filling, filling + TOKEN, sign(HEADER, claims, SECRET)])


def something_else(draws: random.Random) -> str:
    other = [REFRESH_TOKEN.generate(), "{}", json.dumps(PAYLOAD), "null", "..", ". .", "\0" * 99]
    letters = ALPHABET + OTHER_LETTERS
    noise = "".join(draws.choices(letters, k=draws.randint(1, 300)))
    return draws.choice([*other, noise, f"{HEAD}.{noise}.{SIGNATURE}"])


ATTACKS: list[Callable[[random.Random], str]] = [
    header_with_a_hostile_member,
    header_with_a_hostile_second_member,
    header_without_a_member,
    hostile_claims,
    hostile_second_claim,
    claims_without_one,
    no_json,
    key_of_an_attacker,
    another_algorithm,
    public_key_as_a_secret,
    another_key,
    no_signature,
    another_signature,
    claims_changed_after_signing,
    other_letters,
    letter_put_in,
    unused_bits,
    another_encoding,
    pieces,
    cut,
    put_together,
    oversized,
    something_else,
]


def hostile_tokens() -> Iterator[tuple[str, str]]:
    """Yield tokens that are not the valid one without end, each with the name of its attack."""
    draws = random.Random(8725)
    for attack in cycle(ATTACKS):
        token = attack(draws)
        if token != TOKEN:
            yield attack.__name__, token


def refusal(token: str) -> type[Exception] | None:
    """Return the error that a token is refused with, or None if it is accepted."""
    try:
        CODEC.decode(token, NOW)
    except Exception as error:  # noqa: BLE001
        return type(error)
    return None


def test_what_the_attacks_are_made_from_is_accepted() -> None:
    assert CODEC.decode(TOKEN, NOW) == CLAIMS
    assert CODEC.decode(sign(HEADER, PAYLOAD, SECRET), NOW) == CLAIMS
    header = HEADER | {"kid": RSA.kid, "alg": "RS256"}
    assert CODEC.decode(jwt.encode(PAYLOAD, RSA.signer, "RS256", header), NOW) == CLAIMS


@repeat("mutations", few=1_000, soak=10_000)
def test_of_all_mutations_none_is_accepted_and_none_takes_long(mutations: int) -> None:
    for attack, token in islice(hostile_tokens(), mutations):
        # The time of this thread alone, which no other process makes longer.
        begun = time.thread_time()
        outcome = refusal(token)
        spent = time.thread_time() - begun
        about = f"{attack}: {token[:3000]!r}"
        assert outcome in (TokenInvalid, TokenExpired), f"{outcome} for {about}"
        assert spent < CPU_SECONDS, f"{spent} seconds for {about}"
