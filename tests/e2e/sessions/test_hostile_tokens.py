"""Tokens that an attacker would try, through the command line: one line, exit 4, no traceback."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cli import SECRET_KEY, Result, Userctl
from tests.support.jws import encode, sign
from tests.support.marks import soak_only
from userctl.security.opaque_token import REFRESH_TOKEN

SECRET = SECRET_KEY.encode()
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n"
NESTED = b"[" * 1400 + b"]" * 1400
REFUSED = {"token_invalid", "token_revoked", "account_disabled"}

HEADERS: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "RS256"},
    {"alg": "HS512"},
    {"alg": ["HS256"]},
    {"typ": None},
    {"typ": "JWT"},
    {"typ": {"at+jwt": 1}},
    {"kid": "../../../../dev/null"},
    {"kid": "' UNION SELECT 'x"},
    {"kid": "\ud800"},
    {"kid": {}},
    {"kid": None},
    {"kid": "x" * 2500},
    {"kid": "other", "jku": "https://evil.example.com/jwks.json"},
    {"kid": "other", "jwk": {"kty": "oct", "k": encode(SECRET)}},
    {"crit": ["exp"]},
    {"crit": ["b64"], "b64": False},
    {"crit": None},
]
CLAIMS: list[dict[str, Any]] = [
    {"exp": None},
    {"exp": "9999999999"},
    {"exp": 9999999999.0},
    {"exp": True},
    {"exp": 10**30},
    {"exp": float("nan")},
    {"exp": float("inf")},
    {"exp": [9999999999]},
    {"iat": -1},
    {"iat": "0"},
    {"iat": 10**11},
    {"nbf": 10**11},
    {"nbf": "0"},
    {"uid": "1"},
    {"uid": 1.0},
    {"uid": True},
    {"uid": -1},
    {"sub": "\ud800"},
    {"sub": "a\0"},
    {"sub": "\x1b[2J"},
    {"sid": {"$ne": ""}},
    {"role": ["admin"]},
    {"iss": "another"},
    {"aud": "another"},
]
UNKNOWN: list[dict[str, Any]] = [
    {"uid": 0},
    {"uid": 99},
    {"uid": 2**31},
    {"uid": 2**37},
    {"sid": ""},
    {"sid": "' OR '1'='1"},
    {"sid": "0" * 32},
    {"sid": "x" * 2000},
    {"sub": "eve@example.com"},
    {"role": "admin"},
    {"role": ""},
]


def parts(token: str) -> list[dict[str, Any]]:
    """Return the header and the claims of a token."""
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def attacks(token: str) -> Iterator[str]:
    """Yield tokens that are refused for what they are, whatever the database says."""
    header, claims = parts(token)
    head, body, signature = token.split(".")
    for change in HEADERS:
        yield sign(header | change, claims, SECRET)
    for change in CLAIMS:
        yield sign(header, claims | change, SECRET)
    for part in (b"[]", b"{", b'"x"', b"\xff\xfe", NESTED, b'{"exp":' + b"9" * 2500 + b"}"):
        yield sign(header, part, SECRET)
        yield sign(part, claims, SECRET)
    for secret in (b"", b"\0", PUBLIC_KEY, SECRET[:-1], SECRET + b"\n"):
        yield sign(header, claims, secret)
    for end in ("", ".", f".{signature}=", f".{signature}\n\n.", f".{signature}.", ".AAAA", ".\0"):
        yield f"{head}.{body}{end}"
    yield encode(b'{"alg":"none","typ":"at+jwt"}') + f".{body}."
    yield from (f"Bearer {token}", f"{token[:9]} {token[9:]}", f"{token}\0", f"\u200b{token}")
    yield from ("\0", "é.é.é")
    yield from (token * 9, "A" * 60_000, ("[" * 20_000), f"{token}\x1b[2J", "{}", "null", "..")
    yield REFRESH_TOKEN.generate()


def check_refused(result: Result, token: str) -> None:
    about = (token[:2000], result)
    assert (result.code, result.out) == (4, ""), about
    assert result.err.endswith("\n"), about
    assert result.err.count("\n") == 1, about
    assert result.err[:-1].isprintable(), about
    if result.err.startswith("{"):
        assert result.error["code"] in REFUSED, about
    else:
        assert result.err.startswith("error: "), about


def log_in(userctl: Userctl) -> dict[str, str]:
    """Log in and return what the session file then holds."""
    userctl.create("ada@example.com")
    userctl.login("ada@example.com")
    return dict(json.loads(userctl.session_file.read_text()))


def store(userctl: Userctl, session: dict[str, str]) -> None:
    userctl.session_file.write_text(json.dumps(session))


@pytest.mark.parametrize(
    "options", ["", soak_only("-o json"), soak_only("--offline"), "--offline -o json"]
)
def test_a_hostile_token_from_stdin_is_refused(local: Userctl, options: str) -> None:
    valid = log_in(local)["access_token"]
    command = ["token", "verify", "--stdin", *options.split()]
    assert local(*command, stdin=valid).code == 0
    for token in attacks(valid):
        check_refused(local(*command, stdin=token), token)


@pytest.mark.parametrize(
    "command", ["whoami", soak_only("whoami -o json"), "token verify", soak_only("token print")]
)
def test_a_hostile_access_token_in_the_session_file_is_refused(
    local: Userctl, command: str
) -> None:
    session = log_in(local)
    assert local(*command.split()).code == 0
    for token in (*attacks(session["access_token"]), "\ud800", "\udcff.\ud800.x"):
        store(local, session | {"access_token": token})
        check_refused(local(*command.split()), token)
    assert local("token", "refresh").code == 0
    assert local("whoami").code == 0


@pytest.mark.parametrize("options", ["", "-o json"])
def test_a_signed_token_about_nothing_that_is_in_the_database_is_refused(
    userctl: Userctl, options: str
) -> None:
    session = log_in(userctl)
    userctl.create("eve@example.com", "--role", "admin")
    other = parts(userctl.login("eve@example.com", "--no-store")["access_token"])[1]
    header, claims = parts(session["access_token"])
    taken = [{name: other[name]} for name in ("uid", "sid", "sub", "role")]
    for change in UNKNOWN + taken:
        token = sign(header, claims | change, SECRET)
        check_refused(userctl("token", "verify", "--stdin", *options.split(), stdin=token), token)
        store(userctl, session | {"access_token": token})
        check_refused(userctl("whoami", *options.split()), token)


@pytest.mark.parametrize("name", ["refresh_token", "pending"])
@pytest.mark.parametrize("value", [" ", "\0", "\ud800", "é", "x" * 50_000, "[" * 20_000, "access"])
def test_a_hostile_refresh_token_in_the_session_file_is_refused(
    local: Userctl, name: str, value: str
) -> None:
    session = log_in(local)
    value = session["access_token"] if value == "access" else value
    store(local, session | {name: value})
    check_refused(local("token", "refresh"), value)
    assert local("logout").code == 0


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"\0" * 100, b"A" * 10**6, b"[" * 60_000, b'{"access_token":', b"null", b""],
)
@pytest.mark.parametrize("command", ["whoami", "token verify", "token refresh", "logout"])
def test_a_session_file_that_is_none_is_named_in_one_line(
    local: Userctl, content: bytes, command: str
) -> None:
    log_in(local)
    local.session_file.write_bytes(content)
    result = local(*command.split())
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert str(local.session_file) in result.err


NO_TEXT = {
    "not UTF-8": b"\xff\xfe\xfd",
    "a surrogate": "\ud800".encode("utf-8", "surrogatepass"),
    "a megabyte": b"A" * 2**20,
    "a megabyte of NUL": b"\0" * 2**20,
    "a megabyte of brackets": b"[" * 2**20,
}


@pytest.mark.parametrize("stdin", NO_TEXT.values(), ids=NO_TEXT)
@pytest.mark.parametrize("verb", ["verify", "verify --offline", "refresh", "revoke"])
def test_bytes_that_cannot_be_a_token_are_refused_like_any_other(
    local: Userctl, verb: str, stdin: bytes
) -> None:
    check_refused(local("token", *verb.split(), "--stdin", stdin=stdin), repr(stdin))


def test_a_token_of_the_other_kind_is_refused_and_changes_nothing(userctl: Userctl) -> None:
    pair = log_in(userctl)
    for verb, kind in (("verify", "refresh"), ("refresh", "access"), ("revoke", "access")):
        for options in ("", "-o json"):
            token = pair[f"{kind}_token"]
            result = userctl("token", verb, "--stdin", *options.split(), stdin=token)
            check_refused(result, token)
            assert token not in result.err
    assert userctl("token", "verify", "--stdin", stdin=pair["access_token"]).code == 0
    assert userctl("token", "refresh", "--stdin", stdin=pair["refresh_token"]).code == 0


@pytest.mark.parametrize("verb", ["refresh", "revoke"])
def test_a_hostile_refresh_token_from_stdin_is_refused(local: Userctl, verb: str) -> None:
    token = REFRESH_TOKEN.generate()
    near = [token[:-1], token + "0", token.upper(), token[:-1] + "g"]
    near += [f"{token[:9]} {token[9:]}", f"{token}\0"]
    for text in [*near, "\0", "é", "A" * 4096, "' OR '1'='1", REFRESH_TOKEN.prefix]:
        check_refused(local("token", verb, "--stdin", stdin=text), text)
