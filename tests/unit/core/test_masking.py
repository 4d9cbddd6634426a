"""What is masked in the words of other programs, and in tracebacks."""

import pytest

from userctl.core.masking import mask_secrets, redact

HASH = "$2b$12$" + "a1B" * 17 + "./"


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("no gmail", "no gmail"),
        ("two\n  lines\n", "two; lines"),
        ("red\x1b[31m", r"red\x1b[31m"),
        (f"the hash {HASH}", "the hash ***"),
        ("the hash $argon2id$v=19$m=65536,t=3$c2FsdHNhbHQ$aGFzaGhhc2g", "the hash ***"),
        ("the hash pbkdf2_sha256$600000$salt$aGFzaGhhc2hoYXNo", "the hash ***"),
        (f"row (1,Ada,ada@example.com,{HASH},user)", "row ***"),
        ('row {"id":1,"email":"ada@example.com"}', "row ***"),
        ("digest " + "0123456789abcdef" * 4, "digest ***"),
        ("token uctl_rt_" + "aB1" * 15, "token ***"),
        ("constraint uq_refresh_tokens_family_id_and_generation_2", None),
        ("value too long for type character varying(50)", None),
        ("column (a, b) of 018f4c1e-2b7a-7c3d-9e00-5a6b7c8d9e0f", None),
    ],
)
def test_a_remark_is_kept_without_rows_and_secrets(remark: str, expected: str | None) -> None:
    assert redact(remark) == (expected or remark)


def test_a_remark_is_bounded_and_read_in_linear_time() -> None:
    assert len(redact("$" * 1_000_000)) <= 500
    assert len(redact("(,{:" * 1_000_000)) <= 500


@pytest.mark.parametrize("piece", ["a", "-eyJ", "$a", "{"])
def test_a_long_text_is_masked_in_linear_time(piece: str) -> None:
    """In quadratic time each of them would take minutes."""
    text = piece * 250_000
    assert len(mask_secrets(text)) <= len(text)
