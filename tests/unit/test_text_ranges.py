"""Whole ranges of characters, seen and unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.text import escape_unseen, has_unseen_characters


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0x00, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x2064),
        (0x2066, 0x206F), (0xD800, 0xDFFF), (0xFFF9, 0xFFFB), (0xE0020, 0xE007F),
    ],
)  # fmt: skip
def test_every_character_of_an_unseen_range_is_found_and_escaped(first: int, last: int) -> None:
    for character in map(chr, range(first, last + 1)):
        assert has_unseen_characters(f"a{character}")
        assert escape_unseen(f"a{character}").startswith("a\\")


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_text_without_unseen_characters_is_never_changed(text: str) -> None:
    assert not has_unseen_characters(text)
    assert escape_unseen(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("\x1b[31m", "\\x1b[31m"), ("\n", "\\n"), ("\u202ex", "\\u202ex"), ("\ud800", "\\ud800"),
     ("\U000e0041", "\\U000e0041"), ("é\x00é", "é\\x00é")],
)  # fmt: skip
def test_an_escape_names_the_character_and_spares_the_rest(text: str, escaped: str) -> None:
    assert escape_unseen(text) == escaped
