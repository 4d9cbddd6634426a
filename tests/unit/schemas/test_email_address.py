"""The one canonical form of an address."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.core.errors import InvalidEmail
from userctl.schemas.email_address import _PLAIN, canonical_email, parse_email


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+tag@example.com", "ada+tag@example.com"),
        ("ada@Printer.local", "ada@printer.local"),
        ("ada@bücher.example.com", "ada@xn--bcher-kva.example.com"),
        ("ada@BÜCHER.example.com", "ada@xn--bcher-kva.example.com"),
        ("ada@bu\u0308cher.example.com", "ada@xn--bcher-kva.example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@xn--bcher-kva.example.com"),
    ],
)
def test_one_address_has_one_form(address: str, canonical: str) -> None:
    assert canonical_email(address) == canonical


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "@example.com", "ada@", "ada@example", "ada@@example.com", "zoë@example.com",
        '"ada"@example.com', "ada@[127.0.0.1]", "Ada <ada@example.com>", "ada@example.com\n",
        "ada\r\nBcc: eve@example.com", "a b@example.com", "ada@example.com\x00",
        "\ud800@example.com",
        "a" * 65 + "@example.com", "ada@" + "b." * 130 + "com", "\x1b[31m@example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_plain_text(address: str) -> None:
    with pytest.raises(InvalidEmail) as caught:
        canonical_email(address)
    assert "\x1b" not in caught.value.message


@given(st.emails())
def test_the_canonical_form_is_its_own_canonical_form(address: str) -> None:
    try:
        canonical = canonical_email(address)
    except InvalidEmail:
        return
    assert canonical_email(canonical) == canonical
    assert canonical == canonical.lower()
    assert canonical.isascii()


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


NEARLY_PLAIN = st.from_regex(
    r"\A[A-Za-z0-9_+.-]{1,70}@([A-Za-z0-9-]{1,66}\.){1,3}[A-Za-z0-9]{1,66}\Z", fullmatch=True
)


@given(NEARLY_PLAIN | st.emails())
def test_the_short_way_for_plain_addresses_ends_where_the_long_way_does(address: str) -> None:
    try:
        expected = parse_email(address)
    except InvalidEmail:
        assert not _PLAIN.fullmatch(address)
    else:
        assert canonical_email(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "a@" + "b" * 64 + ".com", "a" * 65 + "@example.com", "a@example.c", "a@example.42",
        "a@ab--cd.com", "a@-b.com", "a@b-.com", "a@b..com", ".a@b.com", "a.@b.com", "a..b@c.com",
        "a" * 64 + "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 60 + ".com", "a@b.com\n",
    ],
)  # fmt: skip
def test_what_may_be_no_address_goes_the_long_way(address: str) -> None:
    assert not _PLAIN.fullmatch(address)
