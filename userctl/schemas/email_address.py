"""The one canonical form of an e-mail address."""

import re
from collections.abc import Sequence

from userctl.core.errors import InvalidEmail
from userctl.core.text import escape_invisible

LONGEST_STORED = 320
"""The longest text, in characters, that is looked up although it is not a valid address."""

LONGEST_OWN = 255
"""The longest address, in characters, that the tables of userctl hold."""

_PLAIN = re.compile(
    r"(?=.{6,254}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:(?=[^.]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,63}"
)
"""Plain addresses of letters, digits and few other characters, which need no parser."""


def canonical_email(address: str) -> str:
    """Return the canonical form, in which addresses are stored, looked up and compared.

    The syntax is that of RFC 5321 and RFC 5322 without quoted local parts; Unicode is normalized
    (NFC), the domain becomes lower-case IDNA 2008 (RFC 5891), and the local part is compared
    case-insensitively although RFC 5321, section 2.4, would let it differ.

    Raises:
        InvalidEmail: if the address breaks the syntax or has a non-ASCII local part.
    """
    if _PLAIN.fullmatch(address):
        return address.lower()
    return parse_email(address)


def is_canonical(text: str) -> bool:
    """Tell whether a text is a valid address in its canonical form."""
    try:
        return canonical_email(text) == text
    except InvalidEmail:
        return False


def are_canonical(addresses: Sequence[str]) -> bool:
    """Tell whether all of many texts are plain addresses in their canonical form.

    This takes a fraction of the time of :func:`is_canonical` for each. An address with other
    characters is not plain.
    """
    joined = "".join(addresses)
    return joined == joined.lower() and all(map(_PLAIN.fullmatch, addresses))


def lookup_address(text: str) -> str:
    """Return the form in which an address may be stored: the canonical one, or the text itself.

    Tables of an application that were adopted may have addresses that are not valid. Text that no
    database stores becomes an empty text, which belongs to no user who can log in.
    """
    try:
        return canonical_email(text)
    except InvalidEmail:
        return text if text.isprintable() and len(text) <= LONGEST_STORED else ""


def as_stored(text: str) -> str | None:
    """Return an address as the tables of userctl can hold it, be it valid or not.

    Returns:
        The canonical form of a valid address, another text as it is, and None for text that no
        user can type or that is too long.
    """
    address = lookup_address(text)
    return address if len(address) <= LONGEST_OWN and bool(address) == bool(text) else None


def parse_email(address: str) -> str:
    """Return the canonical form of any address; this takes some fifty times as long.

    Raises:
        InvalidEmail: as :func:`canonical_email` does.
    """
    # Its regular expressions take long to compile, and most addresses are plain.
    import email_validator  # noqa: PLC0415

    # A domain such as printer.local is special but correct.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        parsed = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except email_validator.EmailNotValidError as error:
        reason = " ".join(str(error).split())
        raise InvalidEmail(f"'{escape_invisible(address[:80])}': {reason}") from None
    return f"{parsed.local_part.lower()}@{parsed.ascii_domain.lower()}"
