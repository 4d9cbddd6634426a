"""Domains beyond ASCII, lengths, and any text at all as an address."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.errors import InvalidEmail
from userctl.schemas.email_address import canonical_email

LETTERS = st.text("abcdefghijklmnopqrstuvwxyzäöüßéñøčšž例名ドжий", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("domain", "canonical"),
    [
        ("straße.example.com", "xn--strae-oqa.example.com"),
        ("\uff25\uff38.example.com", "ex.example.com"),
        ("例え\u3002jp", "xn--r8jz45g.jp"),
        ("XN--BCHER-KVA.example.com", "xn--bcher-kva.example.com"),
    ],
)
def test_a_domain_has_one_ascii_form(domain: str, canonical: str) -> None:
    assert canonical_email(f"ada@{domain}") == f"ada@{canonical}"


def test_a_local_part_has_64_characters_at_most() -> None:
    assert canonical_email("a" * 64 + "@example.com") == "a" * 64 + "@example.com"
    with pytest.raises(InvalidEmail):
        canonical_email("a" * 65 + "@example.com")


def test_an_address_has_254_characters_at_most() -> None:
    longest = "a" * 64 + "@" + ("b" * 60 + ".") * 3 + "c" * 2 + ".com"
    assert len(longest) == 254
    assert canonical_email(longest) == longest
    with pytest.raises(InvalidEmail):
        canonical_email(f"{longest[:-4]}x.com")


@given(LETTERS)
def test_the_form_of_an_international_domain_is_its_own_form(label: str) -> None:
    canonical = canonical_email(f"Ada@{label}.example.com")
    assert canonical.isascii()
    assert canonical_email(canonical) == canonical


@given(st.text(st.characters(), max_size=60), st.sampled_from(["", "@example.com", "ada@"]))
def test_any_text_is_an_address_or_is_refused(text: str, part: str) -> None:
    address = text + part if part.startswith("@") else part + text
    with contextlib.suppress(InvalidEmail):
        assert canonical_email(address).isascii()


@pytest.mark.parametrize("hostile", ["\x1b[31m", "\u202e", "\x00", "\n", "\ud800"])
def test_a_refusal_shows_the_address_on_one_plain_line(hostile: str) -> None:
    with pytest.raises(InvalidEmail) as caught:
        canonical_email(f"ada{hostile}@example.com")
    assert hostile not in caught.value.message
