"""Masking of secrets in tracebacks and in messages of other programs."""

import re

from userctl.core.text import escape_invisible
from userctl.core.token_prefixes import API_PREFIX, REFRESH_PREFIX

_SECRETS = re.compile(
    # The lookbehind keeps each of many letters from being tried as the beginning of a secret.
    # Hashes such as $2b$12$..., $argon2id$v=19$..., {SSHA}..., pbkdf2_sha256$260000$...
    r"(?<![A-Za-z0-9_{}-])[A-Za-z0-9_{}-]*\$[A-Za-z0-9][A-Za-z0-9_-]*\$"
    r"(?:[A-Za-z0-9./+=$-]|,(?=[a-z]=)){8,}"
    r"|\{[A-Z0-9_-]{3,20}\}[A-Za-z0-9./+=$-]{8,}"
    # JSON Web Tokens, and the opaque tokens of userctl.
    r"|(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*"
    rf"|(?:{REFRESH_PREFIX}|{API_PREFIX})\w{{8,}}"
)

_ROWS_AND_DIGESTS = re.compile(
    # A row as PostgreSQL writes it, and as JSON.
    r"\((?:[^()]*,){3}[^()]*\)|\{[^{}]*:[^{}]*\}"
    # A digest, and any other long text of mixed characters.
    r"|[0-9A-Fa-f]{32,}"
    r"|(?=\S*[a-z])(?=\S*[A-Z])(?=\S*[0-9])[A-Za-z0-9+/=_-]{40,}"
)
_LONGEST_MESSAGE = 500


def mask_secrets(text: str) -> str:
    """Return the text with everything that looks like a password hash or a token masked.

    >>> mask_secrets("(7, $2b$12$abcdefghijklmnopqrstuv, Ada)")
    '(7, ***, Ada)'
    """
    return _SECRETS.sub("***", text)


def redact(message: str) -> str:
    """Return a message of another program, on one line and without a row, a hash or a token.

    A trigger may quote the row that it refused.
    """
    line = "; ".join(stripped for line in message.splitlines() if (stripped := line.strip()))
    line = _ROWS_AND_DIGESTS.sub("***", mask_secrets(line[: 4 * _LONGEST_MESSAGE]))
    return escape_invisible(line[:_LONGEST_MESSAGE])
