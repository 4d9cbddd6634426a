"""One key: its name, its members, what may be published of it."""

import hashlib
import json
from typing import Any

import jwt
import pytest

from tests.support.signing_keys import ALGORITHMS, ASYMMETRIC, key_for
from userctl.core.errors import InvalidConfiguration, InvalidInput
from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm, algorithm_of, base64url_encode, members_of
from userctl.security.new_keys import generate_key

PRIVATE = {"k", "d", "p", "q", "dp", "dq", "qi", "oth"}

# The key of RFC 7638, section 3.1, and its thumbprint there.
RFC_7638 = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",  # noqa: E501
    "e": "AQAB",
}
THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

# The key of RFC 8037, appendix A.1, and its thumbprint in A.3.
RFC_8037 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


def test_an_asymmetric_key_is_named_by_its_thumbprint() -> None:
    assert SigningKey.from_members("RS256", RFC_7638).kid == THUMBPRINT
    kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert SigningKey.from_members("EdDSA", RFC_8037).kid == kid
    public = {name: value for name, value in RFC_8037.items() if name != "d"}
    assert SigningKey.from_members("EdDSA", public).kid == kid


def test_the_name_of_a_symmetric_key_is_no_thumbprint() -> None:
    key = key_for("HS256")
    plain = json.dumps({"k": key.members["k"], "kty": "oct"}, separators=(",", ":"))
    assert base64url_encode(hashlib.sha256(plain.encode()).digest()) != key.kid
    assert len(key.kid) == 16


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_generated_key_is_strong_and_another_one_each_time(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    bits = {
        "HS256": lambda: 6 * len(key.signer),
        "EdDSA": lambda: 8 * len(key.verifier.public_bytes_raw()),
        "ES256": lambda: key.verifier.key_size,
        "RS256": lambda: key.verifier.key_size,
    }
    assert bits[algorithm]() >= {"RS256": 3072}.get(algorithm, 256)
    assert key.algorithm == algorithm
    assert key.can_sign
    if algorithm != "RS256":
        assert generate_key(algorithm).kid != key.kid


def test_no_key_id_looks_like_an_option() -> None:
    assert not any(generate_key("EdDSA").kid.startswith("-") for _ in range(300))


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_what_is_published_is_public_and_verifies(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    public = key.public_jwk
    assert not PRIVATE & public.keys()
    assert list(public)[:3] == ["kid", "alg", "use"]
    token = jwt.encode({"x": 1}, key.signer, algorithm)
    published = jwt.PyJWK(public)
    assert jwt.decode(token, published, algorithms=[algorithm]) == {"x": 1}


def test_nothing_of_a_symmetric_key_can_be_published() -> None:
    with pytest.raises(AssertionError):
        _ = key_for("HS256").public_jwk


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_key_that_only_verifies_cannot_sign(algorithm: Algorithm) -> None:
    public = key_for(algorithm).verification_key()
    assert not public.can_sign
    assert not PRIVATE & public.members.keys()
    assert public.public_jwk == key_for(algorithm).public_jwk
    with pytest.raises((AttributeError, TypeError)):
        jwt.encode({}, public.signer, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_material_is_in_the_text_of_a_key(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    _ = key.signer
    assert not any(value in repr(key) for name, value in key.members.items() if name in PRIVATE)


def other(algorithm: Algorithm, **changes: Any) -> dict[str, Any]:
    changed = {**key_for(algorithm).members, **changes}
    return {name: value for name, value in changed.items() if value is not None}


@pytest.mark.parametrize(
    ("algorithm", "changes"),
    [
        ("HS256", {"k": None}),
        ("HS256", {"k": base64url_encode(b"x" * 31)}),
        ("HS256", {"k": ""}),
        ("HS256", {"k": "A" * 45}),
        ("HS256", {"k": "A" * 43 + "="}),
        ("HS256", {"k": 1}),
        ("HS256", {"k": ["A" * 43]}),
        ("HS256", {"k": "\ud800" * 43}),
        ("HS256", {"kty": "RSA"}),
        ("HS256", {"extra": "x"}),
        ("EdDSA", {"x": None}),
        ("EdDSA", {"crv": "Ed448"}),
        ("EdDSA", {"crv": "X25519"}),
        ("EdDSA", {"kty": "EC"}),
        ("EdDSA", {"kty": None}),
        ("ES256", {"crv": "P-384"}),
        ("ES256", {"crv": "secp256k1"}),
        ("ES256", {"y": None}),
        ("ES256", {"x": "!"}),
        ("RS256", {"p": None}),
        ("RS256", {"n": base64url_encode(b"\xff" * 255)}),
        ("RS256", {"n": base64url_encode(b"\xff" * 1025)}),
        ("RS256", {"oth": "x"}),
    ],
)
def test_members_that_make_no_key_are_refused(
    algorithm: Algorithm, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        SigningKey.from_members(algorithm, other(algorithm, **changes))


@pytest.mark.parametrize(
    ("algorithm", "changes"),
    [
        ("EdDSA", {"d": base64url_encode(b"x" * 32)}),
        ("EdDSA", {"d": base64url_encode(b"x" * 31)}),
        ("ES256", {"d": base64url_encode(b"x" * 32)}),
        ("ES256", {"x": base64url_encode(b"x" * 32)}),
        ("RS256", {"d": base64url_encode(b"x" * 384)}),
        ("RS256", {"e": base64url_encode(b"\1")}),
    ],
)
def test_members_that_contradict_each_other_are_refused_when_the_key_is_used(
    algorithm: Algorithm, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidConfiguration, match="damaged"):
        _ = SigningKey.from_members(algorithm, other(algorithm, **changes)).signer


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_members_of_a_key_tell_its_algorithm(algorithm: Algorithm) -> None:
    jwk = {**key_for(algorithm).members, "kid": "x", "alg": "x", "ext": True}
    assert algorithm_of(jwk) == algorithm
    assert members_of(jwk, algorithm) == key_for(algorithm).members
