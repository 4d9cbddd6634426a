"""Access tokens and the keys of a ring: one algorithm for each key (RFC 8725, section 3.1)."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.signing_keys import ALGORITHMS, ASYMMETRIC, NOW, key_for, ring_of
from userctl.core.errors import TokenExpired, TokenInvalid
from userctl.schemas.tokens import AccessClaims
from userctl.security.access_token import MAXIMUM_LENGTH, TYPE, AccessTokenCodec
from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm, base64url_encode
from userctl.security.keyring import Keyring
from userctl.security.new_keys import generate_key

SECOND = int(NOW.timestamp())
CLAIMS = AccessClaims(
    sub="ada@example.com", uid=1, role="user", iss="userctl", iat=SECOND, exp=SECOND + 3600,
    jti="j", sid="s",
)  # fmt: skip
PAYLOAD = CLAIMS.model_dump(exclude_none=True)


def codec_of(ring: Keyring) -> AccessTokenCodec:
    return AccessTokenCodec(lambda: ring, issuer="userctl", audience=None)


def hs256(key: SigningKey, secret: bytes, alg: str = "HS256") -> str:
    """Return a token under the name of a key, with an HMAC made of whatever is handed in."""
    parts = [{"typ": TYPE, "kid": key.kid, "alg": alg}, PAYLOAD]
    message = ".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    return f"{message}.{base64url_encode(hmac.digest(secret, message.encode(), hashlib.sha256))}"


def signed_by(signer: SigningKey, kid: str, algorithm: str) -> str:
    return jwt.encode(PAYLOAD, signer.signer, algorithm, headers={"typ": TYPE, "kid": kid})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_signs_and_verifies(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    codec = codec_of(ring_of(key))
    token = codec.encode(CLAIMS.model_dump())
    assert codec.decode(token, NOW) == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "typ": TYPE, "kid": key.kid}
    with pytest.raises(TokenInvalid):
        codec.decode(token[:-8] + "AAAAAAAA", NOW)


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_program_with_the_published_key_alone_accepts_the_token(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    token = codec_of(ring_of(key)).encode(CLAIMS.model_dump())
    published = jwt.PyJWKSet.from_dict({"keys": [key.public_jwk]})
    kid = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(
        token, published[kid], algorithms=[algorithm], options={"verify_iat": False}
    )
    assert claims["sub"] == "ada@example.com"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_algorithm_none_is_refused_under_every_key(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    for name in ("none", "None", "NONE", "nOnE"):
        header = base64url_encode(json.dumps({"typ": TYPE, "kid": key.kid, "alg": name}).encode())
        unsigned = f"{header}.{base64url_encode(json.dumps(PAYLOAD).encode())}"
        for token in (f"{unsigned}.", f"{unsigned}.AAAA", unsigned):
            with pytest.raises(TokenInvalid):
                codec_of(ring_of(key)).decode(token, NOW)


def public_forms(key: SigningKey) -> list[bytes]:
    """Return what an attacker who has only the published key may try as the secret."""
    texts: list[Any] = [
        key.verifier.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.verifier.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(key.public_jwk).encode(),
        json.dumps(key.public_jwk, separators=(",", ":")).encode(),
        key.kid.encode(),
        b"",
        *(value.encode() for value in key.public_jwk.values()),
    ]
    return [*texts, texts[0].rstrip()]


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_published_key_is_never_taken_for_a_secret(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    codec = codec_of(ring_of(key))
    for secret in public_forms(key):
        for alg in ("HS256", algorithm):
            with pytest.raises(TokenInvalid):
                codec.decode(hs256(key, secret, alg), NOW)


@pytest.mark.parametrize("signer", ALGORITHMS)
@pytest.mark.parametrize("named", ALGORITHMS)
def test_a_signature_counts_only_under_the_name_of_its_key(
    signer: Algorithm, named: Algorithm
) -> None:
    """Both keys are in the ring, and only the pair that belongs together is accepted."""
    ring = ring_of(key_for(signer))
    if signer != named:
        ring = ring.with_key(key_for(named), NOW)
    codec = codec_of(ring)
    token = signed_by(key_for(signer), key_for(named).kid, signer)
    if signer == named:
        assert codec.decode(token, NOW) == CLAIMS
    else:
        with pytest.raises(TokenInvalid):
            codec.decode(token, NOW)


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA", "ES256"])
def test_another_key_of_the_same_algorithm_does_not_sign_for_it(algorithm: Algorithm) -> None:
    first, second = key_for(algorithm), generate_key(algorithm)
    codec = codec_of(ring_of(first).with_key(second, NOW))
    for signer, named in ((first, second), (second, first)):
        with pytest.raises(TokenInvalid):
            codec.decode(signed_by(signer, named.kid, algorithm), NOW)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_outlives_a_rotation_and_not_the_end_of_its_key(algorithm: Algorithm) -> None:
    before = ring_of(key_for(algorithm)).with_key(generate_key("HS256"), NOW)
    old = codec_of(before).encode(CLAIMS.model_dump())
    end = NOW + timedelta(hours=1)
    after = before.rotate(NOW, minimum_age=timedelta(), verifies_for=timedelta(hours=1))
    assert codec_of(after).decode(old, end - timedelta(seconds=1)) == CLAIMS
    new = codec_of(after).encode(CLAIMS.model_dump())
    assert new != old
    # A process that read the ring before the rotation accepts what is signed after it.
    assert codec_of(before).decode(new, NOW) == CLAIMS
    with pytest.raises(TokenExpired, match="retired"):
        codec_of(after).decode(old, end)
    assert codec_of(after).decode(new, end) == CLAIMS


def test_a_retired_key_signs_for_nothing_any_more() -> None:
    key = key_for("HS256")
    ring = ring_of(key).with_key(generate_key("HS256"), NOW)
    ring = ring.rotate(NOW, minimum_age=timedelta(), verifies_for=timedelta(hours=1))
    retired = codec_of(ring.retire(key.kid, NOW))
    for token in (codec_of(ring_of(key)).encode(CLAIMS.model_dump()), hs256(key, b"")):
        with pytest.raises(TokenExpired):
            retired.decode(token, NOW)


def test_the_longest_signature_leaves_room_for_the_claims() -> None:
    """8192 bits are the most that a key to import may have."""
    longest = len(base64url_encode(b"x" * 1024))
    claims = CLAIMS.model_copy(update={"sub": f"{'a' * 64}@{'b' * 189}", "role": "r" * 50})
    token = codec_of(ring_of(key_for("RS256"))).encode(claims.model_dump())
    assert len(token) + longest - len(base64url_encode(b"x" * 384)) < MAXIMUM_LENGTH
