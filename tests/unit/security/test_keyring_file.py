"""The keyring file, and files that another user may have put in its place."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.support.signing_keys import NOW, key_for, ring_of
from userctl.core.errors import (
    InputOutputFailed,
    KeyringFull,
    SecretKeyMissing,
    UnsafeFile,
)
from userctl.core.secure_files import write_private
from userctl.security.jwk import SigningKey
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile
from userctl.security.new_keys import generate_key

HOUR = timedelta(hours=1)
RING = (
    ring_of(key_for("RS256"))
    .with_key(key_for("ES256"), NOW)
    .rotate(NOW, minimum_age=timedelta(), verifies_for=HOUR)
    .with_key(key_for("EdDSA"), NOW)
    .rotate(NOW, minimum_age=timedelta(), verifies_for=2 * HOUR)
    .with_key(key_for("HS256"), NOW)
    .retire(key_for("RS256").kid, NOW)
)


@pytest.fixture
def file(tmp_path: Path) -> KeyringFile:
    return KeyringFile(tmp_path / "keyring")


@pytest.fixture
def kept(file: KeyringFile) -> KeyringFile:
    file.change(lambda _: RING)
    return file


def test_a_ring_comes_back_as_it_was_written(kept: KeyringFile) -> None:
    assert kept.load() == RING
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert KeyringFile(kept.path).change(lambda ring: ring) == RING


def test_an_empty_ring_comes_back(file: KeyringFile) -> None:
    file.change(lambda ring: ring)
    assert file.load() == Keyring()


def test_any_jose_library_can_read_the_file(kept: KeyringFile) -> None:
    document = json.loads(kept.path.read_text())
    keys = jwt.PyJWKSet.from_dict(document).keys
    assert {key.key_id for key in keys} == {
        key_for(name).kid
        for name in ("HS256", "EdDSA", "ES256")  # type: ignore[arg-type]
    }
    assert len(keys) == len(document["keys"])


def test_a_retired_key_leaves_nothing_to_steal(kept: KeyringFile) -> None:
    (retired,) = json.loads(kept.path.read_text())["retired"]
    assert set(retired) == {"kid", "alg", "created_at", "activated_at", "verifies_until"}


def test_a_file_that_is_not_there_is_reported_or_empty(file: KeyringFile) -> None:
    with pytest.raises(SecretKeyMissing):
        file.load()
    assert KeyringFile(file.path, embedded=True).load() == Keyring()


def test_a_change_that_fails_leaves_the_file_as_it_was(kept: KeyringFile) -> None:
    def fail(_: Keyring) -> Keyring:
        raise ZeroDivisionError

    before = kept.path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        kept.change(fail)
    assert kept.path.read_bytes() == before
    assert kept.change(lambda ring: ring) == RING


def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputOutputFailed, match="missing"):
        KeyringFile(tmp_path / "missing" / "keyring").change(lambda ring: ring)
    assert [*tmp_path.iterdir()] == []


def test_a_ring_that_would_be_too_large_to_read_is_not_written(file: KeyringFile) -> None:
    def turned(ring: Keyring, times: int) -> Keyring:
        for _ in range(times):
            ring = ring.rotate(NOW, minimum_age=timedelta(), verifies_for=HOUR)
            ring = ring.with_key(generate_key("HS256"), NOW)
        return ring

    file.change(
        lambda ring: ring.with_key(generate_key("HS256"), NOW).with_key(generate_key("HS256"), NOW)
    )
    full = file.change(lambda ring: turned(ring, 100))
    with pytest.raises(KeyringFull) as caught:
        file.change(lambda ring: turned(ring, 200))
    assert "retire" in str(caught.value.hint)
    assert file.load() == full
    file.change(lambda ring: turned(ring.as_of(NOW + HOUR), 100))


def edited(change: Callable[[dict[str, Any]], object]) -> str:
    """Return a keyring file in which something was changed."""
    document = {
        "keys": [
            {
                "kid": entry.key.kid, "alg": entry.key.algorithm, "use": "sig",
                "state": entry.state, "created_at": "2030-01-01T00:00:00Z",
                **({"verifies_until": "2030-01-02T00:00:00Z"} if entry.verifies_until else {}),
                **entry.key.members,
            }
            for entry in RING.keys if entry.state != "retired"
        ],
        "retired": [
            {
                "kid": "old", "alg": "HS256", "created_at": "2030-01-01T00:00:00Z",
                "verifies_until": "2030-01-02T00:00:00Z",
            }
        ],
    }  # fmt: skip
    change(document)
    return json.dumps(document)


def with_first(**changes: Any) -> str:
    """Change members of the first key, an HS256 one; None takes a member away."""

    def change(document: dict[str, Any]) -> None:
        first = {**document["keys"][0], **changes}
        document["keys"][0] = {n: v for n, v in first.items() if v is not None}

    return edited(change)


def test_a_valid_file_that_another_program_wrote_is_read(file: KeyringFile) -> None:
    write_private(file.path, edited(lambda _: None))
    states = [entry.state for entry in file.load().keys]
    assert states == ["next", "active", "passive", "retired"]


# The keys are others in each process, so they cannot name the tests.
@pytest.mark.parametrize(
    "content",
    [
        "", "x", "[]", "{}", "null", "1", "[" * 30_000, '{"keys":' * 5000, '{"keys": 1}',
        '{"keys": [1]}', '{"keys": [[]]}', '{"keys": [{}]}', "\ufeff{}", "\0",
        with_first(kid=None), with_first(kid=1), with_first(kid="other"), with_first(kid=""),
        with_first(kid="\x1b[2J"), with_first(kid="../x"),
        with_first(alg=None), with_first(alg="none"), with_first(alg="RS256"),
        with_first(alg="HS512"), with_first(alg=["HS256"]), with_first(alg="hs256"),
        with_first(use="enc"), with_first(use=1),
        with_first(state=None), with_first(state="retired"), with_first(state="passive"),
        with_first(state="active"), with_first(state="ACTIVE"), with_first(state=1),
        with_first(k=None), with_first(k=""), with_first(k="AAAA"), with_first(k=1),
        with_first(k=key_for("HS256").members["k"][:-1] + "!"), with_first(k=["x"]),
        with_first(kty=None), with_first(kty="RSA"), with_first(extra="x"), with_first(d="AAAA"),
        with_first(created_at=None), with_first(created_at="soon"),
        with_first(created_at="2030-01-01T00:00:00"), with_first(created_at=[]),
        with_first(created_at="0001-01-01T00:00:00+14:00"), with_first(created_at="9" * 5000),
        with_first(activated_at="x"), with_first(verifies_until="2030-01-01T00:00:00Z"),
        edited(lambda d: d.update(extra=1)),
        edited(lambda d: d.update(retired=1)),
        edited(lambda d: d.update(keys=d["keys"][:1])),
        edited(lambda d: d.update(keys=d["keys"] + d["keys"][:1])),
        edited(lambda d: d.update(keys=[])),
        edited(lambda d: d["retired"].append(d["retired"][0])),
        edited(lambda d: d["retired"][0].update(k="x")),
        edited(lambda d: d["retired"][0].update(kid=d["keys"][0]["kid"])),
        edited(lambda d: d["retired"][0].pop("verifies_until")),
        edited(lambda d: d["keys"][1].pop("d")),
    ],
    ids=lambda _: "refused",
)  # fmt: skip
def test_what_is_no_keyring_is_refused_in_one_line_and_left_alone(
    file: KeyringFile, content: str
) -> None:
    write_private(file.path, content)
    for attempt in (file.load, lambda: file.change(lambda ring: ring)):
        with pytest.raises(UnsafeFile) as caught:
            attempt()
        assert "\n" not in caught.value.message
        assert key_for("HS256").members["k"] not in caught.value.message
    assert file.path.read_text() == content


def test_a_name_that_belongs_to_another_key_is_refused(file: KeyringFile) -> None:
    other = SigningKey.symmetric(b"x" * 32)
    write_private(file.path, with_first(kid=key_for("EdDSA").kid, **other.members))
    with pytest.raises(UnsafeFile):
        file.load()
