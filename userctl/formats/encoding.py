"""The encoding of a file of records, and the bytes that do not fit it."""

import codecs
import re

from userctl.core.errors import InvalidInput
from userctl.core.text import quote

UNDECODABLE = "userctl.undecodable"
"""The error handler with which files are decoded: each byte that does not fit the encoding becomes
a lone surrogate, which no encoding decodes to otherwise. Encoding to UTF-8 with this handler
restores the bytes."""

_UNDECODABLE_BYTE = re.compile("[\udc00-\udcff]")

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    # The mark of UTF-16 is the beginning of this one.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NUL_PATTERNS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
"""Which of the first four bytes are NUL if a text begins with ASCII (RFC 4627, section 3)."""

LONGEST_MARK = 4
"""How many bytes :func:`detect_encoding` has to see."""


def detect_encoding(start: bytes, option: str | None) -> str:
    """Return the encoding of a file: that of its byte order mark, or the chosen one, or UTF-8.

    A file without a mark that begins with ASCII is recognized as UTF-16 or UTF-32 by its NUL
    bytes.

    Args:
        start: the first bytes of the file, ``LONGEST_MARK`` if it has so many.
        option: the name of an encoding, if there is one.

    Raises:
        InvalidInput: if no encoding of text has this name.
    """
    if option is not None:
        _require_encoding(option)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    nul = tuple(byte == 0 for byte in start)
    return option or _NUL_PATTERNS.get(nul, "utf-8")


def undecodable_reason(text: str, encoding: str | None) -> str | None:
    """Return why a part of a file cannot be read, or None if every byte fits the encoding.

    Args:
        text: the part, decoded with the error handler ``UNDECODABLE``.
        encoding: the encoding of the file.
    """
    match = None if text.isascii() else _UNDECODABLE_BYTE.search(text)
    if match is None:
        return None
    name = (encoding or "utf-8").upper().removesuffix("-SIG")
    byte = ord(match[0]) - 0xDC00
    return (
        f"Not {name}: the byte 0x{byte:02X} does not fit. "
        "Name the encoding of the file with --encoding, such as cp1252."
    )


def _require_encoding(name: str) -> None:
    try:
        # Some codecs support no error handlers; they are not for files.
        b"\xff".decode(name, UNDECODABLE)
    except (LookupError, ValueError):
        raise InvalidInput(
            f"{quote(name)} is not an encoding.",
            hint="Use one such as utf-8, utf-16, cp1252 or latin-1.",
        ) from None


def _keep_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        invalid_bytes = error.object[error.start : error.end]
        return "".join(chr(0xDC00 + byte) for byte in invalid_bytes), error.end
    if not isinstance(error, UnicodeEncodeError):
        raise error
    # UTF-7 can hold other surrogates than ours.
    return b"".join(map(_encode_surrogate, error.object[error.start : error.end])), error.end


def _encode_surrogate(surrogate: str) -> bytes:
    byte = ord(surrogate) - 0xDC00
    return bytes([byte]) if 0 <= byte < 256 else surrogate.encode(errors="surrogatepass")


codecs.register_error(UNDECODABLE, _keep_bytes)
