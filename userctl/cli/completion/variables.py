"""The variables by which a shell asks for completions.

A script asks with ``words_...``. Those of earlier versions ask with ``complete_...``, and get
only commands and options.
"""

import re
from collections.abc import Mapping

from userctl.core.errors import InvalidInput
from userctl.core.text import quote

VARIABLE = "_USERCTL_COMPLETE"
WORD_REQUESTS = {f"words_{shell}": shell for shell in ("bash", "zsh", "fish")}
"""The values with which scripts ask for words at the cursor, and their shells."""


def require_completion_variables(environ: Mapping[str, str]) -> None:
    """Make sure that a request for completions is complete and well-formed.

    Raises:
        InvalidInput: naming the variable that is missing or malformed.
    """
    request = environ[VARIABLE]
    match = re.fullmatch(r"(source|complete)_(bash|zsh|fish)", request)
    if match is None:
        raise InvalidInput(
            f"{VARIABLE} is {quote(request)}.",
            hint="Set it to source_bash, source_zsh or source_fish, or unset it.",
        )
    if match[1] == "complete" and match[2] == "bash":
        if "COMP_WORDS" not in environ:
            raise InvalidInput("COMP_WORDS is not set.", hint="Bash sets it for completions.")
        position = environ.get("COMP_CWORD", "")
        if re.fullmatch(r"[0-9]{1,9}", position) is None:
            raise InvalidInput(
                f"COMP_CWORD is {quote(position)}, and not the position of a word.",
                hint="Bash sets it for completions.",
            )
