"""The commands on signing keys, as processes that do everything at the same moment."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

import jwt
import pytest

from tests.support.cli import PASSWORD, Userctl
from tests.support.marks import repeat, soak_only
from userctl.schemas.tokens import AccessClaims
from userctl.security.access_token import AccessTokenCodec
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile

ROTATE = ["key", "rotate", "--min-age", "0s", "--quiet"]

# What a Python without the crypto extra looks like to userctl and to PyJWT.
WITHOUT_CRYPTO = 'import sys\nsys.modules["cryptography"] = None\n'

# Rotates once for each line that it is sent, as a command would.
ROTATING = """
import sys
from datetime import timedelta
from pathlib import Path
from userctl.core.clock import utc_now
from userctl.security.keyring_file import KeyringFile
from userctl.services.keys.manage import KeyService
keys = KeyService(KeyringFile(Path(sys.argv[1])), clock=utc_now, audit_log=lambda *_: None)
for _ in sys.stdin:
    print(keys.rotate(timedelta()).kid, flush=True)
"""

# Rotates, and dies at the first line that deals with files, at one some lines later, and so on
# until it gets through.
DYING = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from userctl.core.clock import utc_now
from userctl.core.secure_files import write_private
from userctl.security.keyring_file import KeyringFile
from userctl.services.keys.manage import KeyService
file = KeyringFile(Path(sys.argv[1]))
first = file.path.read_text()
FILES = ("keyring_file", "atomic_files", "secure_files", "file_lock")

def rotate(moment):
    lines = 0
    def trace(frame, event, argument):
        nonlocal lines
        if Path(frame.f_code.co_filename).stem not in FILES:
            return None
        lines += event == "line"
        if lines == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)
    KeyService(file, clock=utc_now, audit_log=lambda *_: None).rotate(timedelta())
    os._exit(0)

moment, exit_code = 1 - int(sys.argv[2]), None
while exit_code != 0:
    moment += int(sys.argv[2])
    write_private(file.path, first)
    child = os.fork()
    if child == 0:
        rotate(moment)
    exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert exit_code in (0, -signal.SIGKILL), exit_code
    # A ring that is no whole one cannot be read.
    print(*(entry.state for entry in file.load().keys))
"""


@pytest.fixture
def ring(quick: Userctl) -> Userctl:
    """Userctl with a keyring that has no key yet."""
    quick.keyring = True
    return quick


def kids(userctl: Userctl) -> list[str]:
    return userctl("key", "list", "-q").out.split()


def codec_of(ring: Keyring) -> AccessTokenCodec:
    return AccessTokenCodec(lambda: ring, issuer="userctl", audience=None)


def file_of(userctl: Userctl) -> KeyringFile:
    return KeyringFile(userctl.home / "keyring")


@repeat("processes", few=3, soak=10)
def test_of_processes_that_generate_a_key_at_once_one_succeeds(
    ring: Userctl, processes: int
) -> None:
    assert ring("key", "generate").code == 0
    results = ring.run_at_once([["key", "generate", "-o", "json"]] * processes)
    assert sorted(result.code for result in results) == [0] + [5] * (processes - 1)
    assert {result.error["code"] for result in results if result.code} == {"key_exists"}
    assert [key["state"] for key in ring("key", "list", "-o", "json").json] == ["next", "active"]


@repeat("processes", few=2, soak=4)
def test_processes_that_rotate_at_once_take_turns(ring: Userctl, processes: int) -> None:
    for _ in range(2):
        assert ring("key", "generate").code == 0
    before = file_of(ring).load()
    results = ring.run_at_once([["key", "rotate", "--min-age", "0s"]] * processes)
    assert [result.code for result in results] == [0] * processes
    after = file_of(ring).load()
    assert [entry.state for entry in after.keys] == ["next", "active"] + ["passive"] * processes
    assert {entry.key.kid for entry in before.keys} < {entry.key.kid for entry in after.keys}


@repeat("processes", few=3, soak=10)
def test_processes_that_need_the_first_key_at_once_get_the_same(
    embedded: Userctl, processes: int
) -> None:
    embedded.create("ada@example.com")
    # So many logins at once to one address would otherwise be taken for guesses.
    embedded.extra["USERCTL_LOGIN_ATTEMPTS"] = "10"
    login = ["login", "ada@example.com", "--password-stdin", "--no-store", "-o", "json"]
    results = embedded.run_at_once([login] * processes, stdin=PASSWORD)
    assert [result.code for result in results] == [0] * processes
    assert len(kids(embedded)) == 1
    for result in results:
        token = result.json["access_token"]
        assert embedded("token", "verify", "--stdin", stdin=token).code == 0


def test_a_session_lives_through_rotations(ring: Userctl) -> None:
    ring.create("ada@example.com")
    for algorithm in ("HS256", "EdDSA"):
        assert ring("key", "generate", "--algorithm", algorithm).code == 0
    ring.login("ada@example.com")
    for _ in range(3):
        assert ring(*ROTATE).code == 0
        assert ring("whoami").code == 0
        assert ring("token", "verify").code == 0
    assert ring("token", "refresh").code == 0
    assert ring("whoami").code == 0
    first = ring("key", "list", "-o", "json").json[-1]
    assert (first["algorithm"], first["state"]) == ("HS256", "passive")


def test_retiring_a_key_ends_the_tokens_that_it_signed(ring: Userctl) -> None:
    ring.create("ada@example.com")
    for _ in range(2):
        assert ring("key", "generate").code == 0
    ring.login("ada@example.com")
    active = kids(ring)[1]
    assert ring("key", "retire", active, "--yes", "-o", "json").error["code"] == "key_active"
    assert ring(*ROTATE).code == 0
    assert ring("token", "verify").code == 0
    for _ in range(2):
        assert ring("key", "retire", active, "--yes", "-q").out == f"{active}\n"
    assert ring("token", "verify", "-o", "json").error["code"] == "token_expired"
    # The session is none of the key's, and fetches itself another token.
    assert ring("whoami", "-q").out == "1\n"
    assert ring("token", "verify").code == 0


@pytest.fixture
def two_keys(ring: Userctl) -> KeyringFile:
    """A keyring with an active key and a next one."""
    for _ in range(2):
        assert ring("key", "generate").code == 0
    return file_of(ring)


@pytest.fixture
def rotating(ring: Userctl, two_keys: KeyringFile) -> Iterator["subprocess.Popen[str]"]:
    """A process that rotates the keyring for each line that it is sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", ROTATING, str(two_keys.path)],
        env=ring.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with process:
        yield process
        process.kill()


@repeat("numbers", few=150, soak=500)
def test_no_verification_fails_while_keys_are_rotated(
    two_keys: KeyringFile, rotating: "subprocess.Popen[str]", numbers: int
) -> None:
    """Each token on a ring that was read before it was signed, and on one read after it."""
    now = datetime.now(UTC)
    second = int(now.timestamp())
    claims = AccessClaims(
        sub="ada@example.com", uid=1, role="user", iss="userctl", iat=second, exp=second + 3600,
        jti="j", sid="s",
    )  # fmt: skip
    turn = Lock()

    def rotate() -> None:
        assert rotating.stdin is not None
        assert rotating.stdout is not None
        with turn:
            print(file=rotating.stdin)
            assert rotating.stdout.readline() != ""

    def verify(number: int) -> str:
        if number % 10 == 0:
            rotate()
        before = codec_of(two_keys.load())
        token = before.encode(claims.model_dump())
        after = codec_of(two_keys.load())
        assert before.decode(token, now) == after.decode(token, now) == claims
        return str(jwt.get_unverified_header(token)["kid"])

    with ThreadPoolExecutor(4) as pool:
        signers = set(pool.map(verify, range(numbers)))
    # A rotation went on at every tenth number, waited for by one of the four threads.
    assert len(signers) > numbers // 50


@repeat("step", few=6, soak=1)
def test_a_kill_between_any_two_lines_of_a_rotation_leaves_the_old_ring_or_the_new(
    ring: Userctl, two_keys: KeyringFile, step: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(two_keys.path), str(step)],
        env=ring.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rings = done.stdout.splitlines()
    assert set(rings) == {"next active", "next active passive"}
    assert len(rings) > 30 // step
    assert ring(*ROTATE).code == 0


@pytest.fixture
def bare(local: Userctl, ring: Userctl) -> Userctl:
    """Userctl without the crypto extra, in processes that import it themselves."""
    folder = ring.home / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WITHOUT_CRYPTO)
    ring.extra["PYTHONPATH"] = str(folder)
    return replace(ring, program=local.program)


@pytest.mark.parametrize("algorithm", [soak_only("EdDSA"), soak_only("ES256"), soak_only("RS256")])
def test_without_the_extra_hs256_works_and_the_rest_says_what_to_install(
    bare: Userctl, algorithm: str
) -> None:
    assert bare.spawn("key", "generate").code == 0
    error = bare.spawn("key", "generate", "--algorithm", algorithm, "-o", "json").error
    assert (error["code"], algorithm in error["message"]) == ("crypto_missing", True)
    assert "pip install 'cryptography" in error["hint"]
    pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    result = bare.spawn("key", "import", "--stdin", "-o", "json", stdin=pem)
    assert (result.code, result.error["code"]) == (2, "crypto_missing")
    assert bare.spawn("key", "generate").code == 0
    assert bare.spawn(*ROTATE).code == 0


@pytest.mark.soak
def test_without_the_extra_only_a_key_that_is_used_is_missed(bare: Userctl) -> None:
    """In this process the extra is there, and in those that are spawned it is not."""
    bare.create("ada@example.com")
    for algorithm in ("HS256", "ES256"):
        assert bare("key", "generate", "--algorithm", algorithm).code == 0
    login = ["login", "ada@example.com", "--password-stdin", "-o", "json"]
    assert bare.spawn(*login, stdin=PASSWORD).code == 0
    assert bare.spawn("whoami").code == 0
    assert len(json.loads(bare.spawn("key", "jwks").out)["keys"]) == 1
    assert bare.spawn("key", "list").code == 0
    assert bare(*ROTATE).code == 0
    assert bare.spawn("token", "verify").code == 0
    result = bare.spawn(*login, stdin=PASSWORD)
    assert (result.code, result.error["code"]) == (2, "crypto_missing")


def test_the_public_keys_are_json_on_stdout_and_a_note_says_when_there_are_none(
    ring: Userctl,
) -> None:
    assert ring("key", "generate").code == 0
    result = ring("key", "jwks")
    assert result.json == {"keys": []}
    assert "HS256" in result.err
    assert ring("key", "generate", "--algorithm", "ES256").code == 0
    result = ring("key", "jwks")
    assert result.err == ""
    (key,) = result.json["keys"]
    assert list(key) == ["kid", "alg", "use", "kty", "crv", "x", "y"]


def test_a_fixed_key_that_was_stolen_is_replaced_where_it_is_set(local: Userctl) -> None:
    for options in ([], ["--yes"]):
        refused = local("key", "rotate", "--compromised", *options, "-o", "json")
        assert (refused.code, refused.error["code"]) == (2, "invalid_configuration")
        assert "USERCTL_SECRET_KEY" in refused.error["message"]
        assert "in every service that shares it" in refused.error["hint"]


def test_a_fixed_key_is_listed_and_cannot_be_changed(local: Userctl) -> None:
    (key,) = local("key", "list", "-o", "json").json
    assert (key["state"], key["created_at"]) == ("active", None)
    for command in ("generate", "rotate", f"retire {key['kid']} --yes", "import --stdin"):
        result = local("key", *command.split(), "-o", "json", stdin="x" * 32)
        assert result.code == 2
        assert "environment USERCTL_SECRET_KEY" in result.error["message"]
        assert "key import" in result.error["hint"]


def test_an_imported_key_is_never_shown(ring: Userctl) -> None:
    secret = "a secret that nobody else may ever see"
    for output in ("table", "json"):
        result = ring("key", "import", "--stdin", "-o", output, "--debug", stdin=f"{secret}\n")
        assert secret not in result.out + result.err
    result = ring("key", "import", "--stdin", "--debug", stdin=secret[:31])
    assert result.code == 2
    assert secret[:31] not in result.out + result.err


def test_stolen_keys_are_all_retired_at_once_and_the_next_one_is_not_promoted(
    ring: Userctl,
) -> None:
    ring.create("ada@example.com")
    for _ in range(2):
        assert ring("key", "generate").code == 0
    assert ring(*ROTATE).code == 0
    ring.login("ada@example.com")
    stolen = set(kids(ring))
    assert len(stolen) == 3
    refused = ring("key", "rotate", "--compromised", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "confirmation_required")
    assert set(kids(ring)) == stolen
    done = ring("key", "rotate", "--compromised", "--yes", "-o", "json")
    assert done.json["state"] == "active"
    assert done.json["kid"] not in stolen
    for said in ("Retired 3 keys", "Every access token", "sessions stay", "key jwks"):
        assert said in done.err
    states = {key["kid"]: key["state"] for key in ring("key", "list", "-o", "json").json}
    assert {kid for kid, state in states.items() if state == "retired"} == stolen
    assert sorted(state for kid, state in states.items() if kid not in stolen) == ["active", "next"]
    assert ring("token", "verify", "-o", "json").error["code"] == "token_expired"
    # Refresh tokens are in the database, and no key could forge one.
    assert ring("whoami", "-q").out == "1\n"
    assert ring("token", "verify").code == 0
    [event] = ring("audit", "list", "--tag", "key:compromise", "-o", "json").json
    assert event["target"] == done.json["kid"]
    assert set(event["detail"]["retired"]) == stolen


def test_keys_are_listed_by_state(ring: Userctl) -> None:
    for _ in range(2):
        assert ring("key", "generate").code == 0
    assert ring(*ROTATE).code == 0
    [old] = ring("key", "list", "--state", "passive", "-o", "json").json
    assert old["state"] == "passive"
    assert ring("key", "rotate", "--compromised", "--min-age", "1h", "--yes").code == 2
