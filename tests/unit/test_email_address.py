"""The one canonical form of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.errors import InvalidEmail
from userctl.schemas.email_address import canonical_email


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+tag@example.com", "ada+tag@example.com"),
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
