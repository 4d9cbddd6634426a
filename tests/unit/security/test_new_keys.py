"""Keys that are imported."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.support.signing_keys import ALGORITHMS, ASYMMETRIC, key_for
from userctl.core.errors import InvalidInput
from userctl.security.jwk import SigningKey
from userctl.security.key_members import Algorithm, base64url_encode
from userctl.security.new_keys import parse_key

SECRET = "a key for the tests of at least 32 bytes"
PEM = Encoding.PEM
PKCS8 = PrivateFormat.PKCS8
TRADITIONAL = PrivateFormat.TraditionalOpenSSL


def pem_of(
    key: Any,
    form: PrivateFormat = PKCS8,
    encryption: Any = NoEncryption(),  # noqa: B008
) -> str:
    return str(key.private_bytes(PEM, form, encryption).decode())


def jwk_of(algorithm: Algorithm, **changes: Any) -> str:
    return json.dumps({**key_for(algorithm).members, **changes})


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_private_pem_comes_back_as_the_same_key(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    assert parse_key(pem_of(key.signer)) == key


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_the_older_form_of_pem_is_read_too(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    assert parse_key(pem_of(key.signer, TRADITIONAL)) == key


def test_a_pem_may_have_text_and_parameters_in_front() -> None:
    key = key_for("ES256")
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert parse_key(parameters + pem_of(key.signer, TRADITIONAL)) == key


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_private_jwk_comes_back_as_the_same_key(algorithm: Algorithm) -> None:
    key = key_for(algorithm)
    assert parse_key(jwk_of(algorithm)) == key
    described = jwk_of(algorithm, kid="theirs", use="sig", alg=algorithm, ext=True, key_ops=[])
    assert parse_key(f"\n {described}\n") == key


def test_any_other_text_is_the_secret_itself() -> None:
    for secret in (SECRET, f" {SECRET}\t", "é" * 16, f"{SECRET}\n"):
        key = parse_key(secret)
        assert (key.algorithm, key.signer) == ("HS256", secret.encode())
        assert key.kid == SigningKey.symmetric(secret.encode()).kid


def test_a_jwk_with_the_secret_is_the_same_key_as_its_text() -> None:
    assert parse_key(jwk_of("HS256", k=base64url_encode(SECRET.encode()))) == parse_key(SECRET)


OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())
PUBLIC = key_for("ES256").verifier.public_bytes(PEM, PublicFormat.SubjectPublicKeyInfo).decode()
SSH = key_for("EdDSA").verifier.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
WEAK_RSA = rsa.generate_private_key(65_537, 1024)


# The keys are others in each process, so they cannot name the tests.
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 31, "32 bytes"),
        ("é" * 15, "32 bytes"),
        (PUBLIC, "readable private key"),
        (SSH, "HS256 secret"),
        (pem_of(key_for("ES256").signer, PKCS8, BestAvailableEncryption(b"hunter2")), "encrypted"),
        (pem_of(key_for("RS256").signer, TRADITIONAL, BestAvailableEncryption(b"x")), "encrypted"),
        (pem_of(key_for("EdDSA").signer).replace("M", "!"), "readable private key"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "readable private key"),
        ("-----BEGIN PRIVATE KEY-----\n", "readable private key"),
        (pem_of(OTHER_CURVE), "not supported"),
        (pem_of(ed448.Ed448PrivateKey.generate()), "not supported"),
        (pem_of(x25519.X25519PrivateKey.generate()), "not supported"),
        (pem_of(dsa.generate_private_key(1024)), "not supported"),
        (pem_of(WEAK_RSA), "1024"),
        ("{", "not valid JSON"),
        ("{" * 50_000, "not valid JSON"),
        ('{"a":' * 10_000, "not valid JSON"),
        ("{}", "not supported"),
        (json.dumps({"keys": [json.loads(jwk_of("HS256"))]}), "set of keys"),
        (jwk_of("HS256", kty="x"), "not supported"),
        (jwk_of("HS256", kty=["oct"]), "not supported"),
        (jwk_of("HS256", alg="HS512"), "not meant"),
        (jwk_of("HS256", alg="none"), "not meant"),
        (jwk_of("RS256", alg="HS256"), "not meant"),
        (jwk_of("ES256", use="enc"), "not meant"),
        (jwk_of("HS256", k=base64url_encode(PUBLIC.encode())), "HS256 secret"),
        (jwk_of("HS256", k="AAAA"), "32 bytes"),
        (jwk_of("ES256", crv="P-384"), "not supported"),
        (jwk_of("ES256", d=base64url_encode(b"x" * 32)), "contradict"),
        (jwk_of("EdDSA", d=base64url_encode(b"x" * 32)), "contradict"),
        (jwk_of("EdDSA", d=1), "base64url"),
        (jwk_of("EdDSA", d=None), "base64url"),
        (json.dumps(key_for("EdDSA").public_jwk), "public"),
        (json.dumps(key_for("RS256").public_jwk), "public"),
    ],
    ids=lambda _: "refused",
)
def test_what_is_no_key_for_signing_is_refused_and_says_why(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        parse_key(text)
    shown = f"{caught.value.message} {caught.value.hint}"
    material = [key_for(algorithm).members for algorithm in ALGORITHMS]
    secrets = [value for members in material for value in members.values() if len(value) > 10]
    assert not any(secret in shown for secret in secrets)
