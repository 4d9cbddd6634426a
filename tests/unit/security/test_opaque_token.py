"""The text of refresh tokens and API tokens."""

import hashlib
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from userctl.core.errors import TokenInvalid
from userctl.core.token_prefixes import API_PREFIX, REFRESH_PREFIX
from userctl.security.opaque_token import (
    API_TOKEN,
    LONGEST_FOREIGN_TOKEN,
    REFRESH_TOKEN,
    refresh_digest,
)

BODY = "uctl_rt_" + "0123456789abcdef" * 4
TOKEN = f"{BODY}{zlib.crc32(BODY.encode()):08x}"


def test_a_token_is_recognisable_and_new_each_time() -> None:
    generated = {REFRESH_TOKEN.generate() for _ in range(100)}
    assert len(generated) == 100
    assert {(token[:8], len(token)) for token in generated} == {("uctl_rt_", 80)}


def test_the_digest_is_the_sha256_of_the_whole_token() -> None:
    assert REFRESH_TOKEN.digest(TOKEN) == hashlib.sha256(TOKEN.encode()).hexdigest()


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_one_wrong_character_is_noticed_without_a_query(position: int, character: str) -> None:
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]
    if changed != TOKEN:
        with pytest.raises(TokenInvalid):
            REFRESH_TOKEN.digest(changed)


@pytest.mark.parametrize(
    "text", ["", "x", TOKEN[:-1], f"{TOKEN}0", f" {TOKEN}", f"{TOKEN}\n", TOKEN.upper(), "é" * 80,
             "\ud800" * 80, "0" * 10**6, TOKEN.replace("uctl", "user")]
)  # fmt: skip
def test_what_is_no_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(TokenInvalid) as caught:
        REFRESH_TOKEN.digest(text)
    assert TOKEN[8:-8] not in caught.value.message


def test_a_token_of_one_kind_is_none_of_the_other() -> None:
    for kind, other in ((API_TOKEN, REFRESH_TOKEN), (REFRESH_TOKEN, API_TOKEN)):
        token = kind.generate()
        assert kind.resembles(token)
        assert not other.resembles(token)
        assert len(kind.digest(token)) == 64
        with pytest.raises(TokenInvalid, match=other.name):
            other.digest(token)


@given(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=100).filter(
        lambda text: not text.startswith((REFRESH_PREFIX, API_PREFIX))
    )
)
def test_a_refresh_token_of_an_application_may_have_any_form_but_ours(text: str) -> None:
    assert refresh_digest(text) == hashlib.sha256(text.encode()).hexdigest()


@given(
    st.sampled_from([REFRESH_PREFIX, API_PREFIX]),
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=100),
)
@example(API_PREFIX, "")
def test_what_begins_like_a_token_of_ours_is_held_to_be_one(prefix: str, rest: str) -> None:
    with pytest.raises(TokenInvalid):
        refresh_digest(prefix + rest)


@pytest.mark.parametrize("length", [1, LONGEST_FOREIGN_TOKEN])
def test_a_refresh_token_of_an_application_may_be_as_long_as_a_jwt(length: int) -> None:
    assert len(refresh_digest("a" * length)) == 64


def test_our_own_refresh_token_has_the_same_digest_either_way() -> None:
    assert refresh_digest(TOKEN) == REFRESH_TOKEN.digest(TOKEN)


@pytest.mark.parametrize(
    "text", ["", TOKEN[:-1], f"{TOKEN}0", BODY + "0" * 8, API_TOKEN.generate(), "a\nb", "a\0b",
             "\ud800", "a" * (LONGEST_FOREIGN_TOKEN + 1)],
    ids=["empty", "cut", "longer", "mistyped", "API token", "line end", "NUL", "surrogate", "huge"],
)  # fmt: skip
def test_what_can_be_no_refresh_token_is_refused_without_a_query(text: str) -> None:
    with pytest.raises(TokenInvalid):
        refresh_digest(text)
