"""The one canonical form of an e-mail address."""

import re
from collections.abc import Sequence

from userctl.core.errors import InvalidEmail
from userctl.core.text import escape_invisible

LONGEST_LOOKUP = 320
"""The longest invalid address, in characters, that is looked up."""

LONGEST_ADDRESS = 255
"""The longest address, in characters, that fits into the tables of userctl."""

_PLAIN = re.compile(
    r"(?=.{6,254}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:(?=[^.]{1,63}\.)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,63}"
)
"""Plain addresses of letters, digits and a few other characters, which need no parser."""


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
    """Tell whether all texts are plain addresses in their canonical form.

    This takes a fraction of the time of calling :func:`is_canonical` for each. An address with
    unusual characters is not plain.
    """
    joined = "".join(addresses)
    return joined == joined.lower() and all(map(_PLAIN.fullmatch, addresses))


def lookup_address(text: str) -> str:
    """Return the form in which an address may be stored: the canonical one, or the text itself.

    Adopted tables may have invalid addresses. Text that no database can store becomes an empty
    string, which is the address of no user who can log in.
    """
    try:
        return canonical_email(text)
    except InvalidEmail:
        return text if text.isprintable() and len(text) <= LONGEST_LOOKUP else ""


def storable_address(text: str) -> str | None:
    """Return an address in the form in which the tables of userctl can hold it, valid or not.

    Returns:
        The canonical form of a valid address, other text unchanged, and None for text that is too
        long or that no user can type.
    """
    address = lookup_address(text)
    return address if len(address) <= LONGEST_ADDRESS and bool(address) == bool(text) else None


def parse_email(address: str) -> str:
    """Return the canonical form of any address; this takes about fifty times as long.

    Raises:
        InvalidEmail: as :func:`canonical_email` does.
    """
    # Its regular expressions are slow to compile, and most addresses are plain.
    import email_validator  # noqa: PLC0415

    # A domain such as printer.local is reserved but valid.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        parsed = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except email_validator.EmailNotValidError as error:
        reason = " ".join(str(error).split())
        raise InvalidEmail(f"'{escape_invisible(address[:80])}': {reason}") from None
    return f"{parsed.local_part.lower()}@{parsed.ascii_domain.lower()}"
