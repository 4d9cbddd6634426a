"""Access tokens: JWTs as in RFC 9068, verified as RFC 8725 requires."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NoReturn

import jwt

from userctl.config.settings import LONGEST_ACCESS_TOKEN_MINUTES
from userctl.core.errors import TokenExpired, TokenInvalid
from userctl.core.text import has_invisible_characters
from userctl.schemas.page import LARGEST_ID
from userctl.schemas.tokens import AccessClaims
from userctl.security.jwk import SigningKey
from userctl.security.key_members import base64url_decode, base64url_encode
from userctl.security.keyring import Keyring

TYPE = "at+jwt"
LEEWAY_SECONDS = 30
MAXIMUM_LENGTH = 4096
LONGEST_LIFETIME_SECONDS = 60 * LONGEST_ACCESS_TOKEN_MINUTES
"""No setting lets a token live longer, so one that claims to was not issued by userctl."""

_TEXT_CLAIMS = ("sub", "role", "iss", "jti", "sid", "scope")

_LAST_SECOND = 253_402_300_799
"""The last second of the year 9999, the latest that a datetime can hold."""

_encode_json = json.JSONEncoder(separators=(",", ":")).encode
_JWT_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

# Only the algorithms and the header parser of PyJWT are used: its JWT class would compare times
# with its own clock and accept fractions, and both that class and its JWS class would examine the
# key and the header of every token again.


class AccessTokenCodec:
    """Signs claims and verifies tokens, with one issuer and at most one audience.

    Args:
        keyring: returns the keys as they are now; the active one signs, and every one that is not
            retired verifies. It is called at once, so that a missing key is noticed early.
        issuer: the 'iss' claim.
        audience: the 'aud' claim, if any.
    """

    def __init__(
        self, keyring: Callable[[], Keyring], *, issuer: str, audience: str | None
    ) -> None:
        keyring()
        self._keyring = keyring
        self.issuer = issuer
        self.audience = audience

    def encode(self, claims: Mapping[str, str | int | None]) -> str:
        """Return the token, signed with the active key.

        Args:
            claims: the fields of :class:`AccessClaims`; those that are None are left out.

        Raises:
            InvalidConfiguration: if the key cannot be used.
        """
        active = self._keyring().active
        assert active is not None, "An empty keyring cannot sign."
        key = active.key
        present = {name: value for name, value in claims.items() if value is not None}
        payload = _encode_json(present).encode()
        signed = f"{_encode_header(key.algorithm, key.kid)}.{base64url_encode(payload)}"
        return f"{signed}.{base64url_encode(key.sign(signed.encode()))}"

    def decode(self, token: str, now: datetime) -> AccessClaims:
        """Return the claims of a token that one of our keys signed and that is valid now.

        Raises:
            TokenInvalid: if anything is wrong with it.
            TokenExpired: if it has only expired.
            InvalidConfiguration: if the key that its header names cannot be used.
        """
        if len(token) > MAXIMUM_LENGTH or not _JWT_FORM.fullmatch(token):
            _reject("it does not have the form of a JWT")
        payload = self._verify_signature(token, now)
        claims = self._check_claims(payload)
        seconds = now.timestamp()
        if max(claims.iat, payload.get("nbf", 0)) > seconds + LEEWAY_SECONDS:
            _reject("it is not valid yet")
        if claims.exp - claims.iat > LONGEST_LIFETIME_SECONDS:
            _reject("it claims to live longer than any that userctl issues")
        if claims.exp <= seconds - LEEWAY_SECONDS:
            raise TokenExpired("The access token has expired.")
        return claims

    def _verify_signature(self, token: str, now: datetime) -> dict[str, Any]:
        try:
            signed, _, signature = token.rpartition(".")
            header, _, payload = signed.partition(".")
            key = self._find_key(_read_header(header), now)
            if not key.verifies(signed.encode(), _decode_canonical(signature)):
                raise jwt.InvalidSignatureError
            claims: dict[str, Any] = _read_object(_decode_canonical(payload))
        except (jwt.PyJWTError, ValueError, RecursionError):
            _reject("its signature or its encoding is invalid")
        return claims

    def _find_key(self, header: Mapping[str, Any], now: datetime) -> SigningKey:
        kid, kind = header.get("kid"), header.get("typ")
        entry = self._keyring().by_id.get(kid) if isinstance(kid, str) else None
        if entry is None:
            _reject("its signing key is unknown here")
        if not entry.can_verify(now):
            raise TokenExpired("The key of this access token has been retired.")
        key = entry.key
        if header.get("alg") != key.algorithm:
            _reject("its algorithm does not match its key")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") != TYPE:
            _reject(f"its type is not {TYPE}")
        if "crit" in header:
            _reject("it requires an unknown extension ('crit')")
        return key

    def _check_claims(self, payload: dict[str, Any]) -> AccessClaims:
        for name in _TEXT_CLAIMS if "scope" in payload else _TEXT_CLAIMS[:-1]:
            value = payload.get(name)
            if not isinstance(value, str) or has_invisible_characters(value):
                _reject(f"its claim '{name}' is missing or not plain text")
        for name, largest in (("uid", LARGEST_ID), ("iat", _LAST_SECOND), ("exp", _LAST_SECOND)):
            value = payload.get(name)
            # A bool is an int to isinstance.
            if type(value) is not int or not 0 <= value <= largest:
                _reject(f"its claim '{name}' is missing or not a whole number in range")
        if type(payload.get("nbf", 0)) is not int:
            _reject("its claim 'nbf' is not a whole number")
        if payload["iss"] != self.issuer:
            _reject("it was issued by another issuer")
        if payload.get("aud") != self.audience:
            _reject("it is meant for another audience")
        return AccessClaims.model_validate(payload)


@lru_cache(maxsize=64)
def _read_header(part: str) -> Mapping[str, Any]:
    """Return the header of a token, which is the same for all tokens of a key.

    Raises:
        jwt.PyJWTError, ValueError: if it cannot be read.
    """
    _read_object(base64url_decode(part))
    # PyJWT looks at whole tokens only.
    return MappingProxyType(jwt.get_unverified_header(f"{part}.e30.e30"))


@lru_cache(maxsize=64)
def _encode_header(algorithm: str, kid: str) -> str:
    """Return the header of the tokens that a key signs."""
    return base64url_encode(_encode_json({"alg": algorithm, "kid": kid, "typ": TYPE}).encode())


def _decode_canonical(part: str) -> bytes:
    """Return the bytes that a part of a token encodes.

    Raises:
        ValueError: if other characters would encode the same bytes: a token must have one form.
    """
    decoded = base64url_decode(part)
    if base64url_encode(decoded) != part:
        raise ValueError("not canonical base64url")
    return decoded


def _read_object(data: bytes) -> Any:
    """Return a header or claims, which are a JSON object in UTF-8 (RFC 7519, section 7.2).

    Raises:
        ValueError: if they are not. From bytes, Python would guess the encoding.
    """
    text = data.decode()
    if not text.startswith("{"):
        raise ValueError("not a JSON object")
    return json.loads(text)


def _reject(reason: str) -> NoReturn:
    raise TokenInvalid(f"The access token is invalid: {reason}.")
