"""What may enter the database as text, and how text is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.text import escape_unseen, has_unseen_characters

UNSEEN = [
    "\x00", "\x07", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\x9b", "\u00ad", "\u200b", "\u200d",
    "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\ud800",
    "\udcff", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("character", UNSEEN)
def test_an_unseen_character_is_found_and_escaped(character: str) -> None:
    assert has_unseen_characters(f"a{character}b")
    assert escape_unseen(f"a{character}b").isascii()
    assert character not in escape_unseen(f"a{character}b")


@pytest.mark.parametrize(
    "text", ["", "Ada Lovelace", "Zoë", "名前", "[/]", "\\x1b", "a\u0301", "🙂"]
)
def test_visible_text_is_left_alone(text: str) -> None:
    assert not has_unseen_characters(text)
    assert escape_unseen(text) == text


@given(st.text(st.characters()))
def test_escaped_text_holds_nothing_unseen(text: str) -> None:
    assert not has_unseen_characters(escape_unseen(text))
