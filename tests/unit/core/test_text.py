"""What may enter the database as text, and how text is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.core.text import escape_invisible, has_invisible_characters

UNSEEN = [
    "\x00", "\x07", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\x9b", "\u00ad", "\u200b", "\u200d",
    "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\ud800",
    "\udcff", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("character", UNSEEN)
def test_an_unseen_character_is_found_and_escaped(character: str) -> None:
    assert has_invisible_characters(f"a{character}b")
    assert escape_invisible(f"a{character}b").isascii()
    assert character not in escape_invisible(f"a{character}b")


@pytest.mark.parametrize(
    "text", ["", "Ada Lovelace", "Zoë", "名前", "[/]", "\\x1b", "a\u0301", "🙂"]
)
def test_visible_text_is_left_alone(text: str) -> None:
    assert not has_invisible_characters(text)
    assert escape_invisible(text) == text


@given(st.text(st.characters()))
def test_escaped_text_holds_nothing_unseen(text: str) -> None:
    assert not has_invisible_characters(escape_invisible(text))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0x00, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x2064),
        (0x2066, 0x206F), (0xD800, 0xDFFF), (0xFFF9, 0xFFFB), (0xE0020, 0xE007F),
    ],
)  # fmt: skip
def test_every_character_of_an_unseen_range_is_found_and_escaped(first: int, last: int) -> None:
    for character in map(chr, range(first, last + 1)):
        assert has_invisible_characters(f"a{character}")
        assert escape_invisible(f"a{character}").startswith("a\\")


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_text_without_unseen_characters_is_never_changed(text: str) -> None:
    assert not has_invisible_characters(text)
    assert escape_invisible(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("\x1b[31m", "\\x1b[31m"), ("\n", "\\n"), ("\u202ex", "\\u202ex"), ("\ud800", "\\ud800"),
     ("\U000e0041", "\\U000e0041"), ("é\x00é", "é\\x00é")],
)  # fmt: skip
def test_an_escape_names_the_character_and_spares_the_rest(text: str, escaped: str) -> None:
    assert escape_invisible(text) == escaped
