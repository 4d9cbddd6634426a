"""Answers a shell that asks what can stand at the cursor: at once and without a word, or not."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn

from userctl.cli.completion.candidates import candidates
from userctl.cli.completion.typed import parse_line, quote_for_bash
from userctl.core.text import has_invisible_characters

LONGEST_SECONDS = 1.0
"""After this time there is no answer: a shell does not react to the keyboard meanwhile."""

MOST = 100
"""How many candidates are offered."""


def answer(shell: str, environ: Mapping[str, str]) -> NoReturn:
    """Write the candidates, one a line, and end; what goes wrong means that there are none.

    Each line is read by a script of :mod:`userctl.cli.completion.scripts`. For bash a candidate is
    quoted, because bash puts it into the command line as it is; zsh and fish quote it themselves
    and get its meaning too, after a tab.

    Args:
        shell: ``bash``, ``zsh`` or ``fish``.
        environ: the environment, with the line up to the cursor.
    """
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
    try:
        text = "".join(f"{line}\n" for line in lines(shell, environ))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    finally:
        # Neither a message nor a traceback may appear in the middle of a command line. To free
        # what was imported would take time.
        os._exit(0)


def lines(shell: str, environ: Mapping[str, str]) -> Iterable[str]:
    """Return the lines of an answer."""
    line = environ.get("_USERCTL_LINE", "")
    typed = parse_line(line, environ.get("_USERCTL_BREAKS", "") if shell == "bash" else "")
    found = {
        word: meaning
        for word, meaning in candidates(typed.words, typed.last)
        # Another program may have stored anything.
        if word and not has_invisible_characters(word)
    }
    for word, meaning in sorted(found.items())[:MOST]:
        if shell == "bash":
            quoted = quote_for_bash(word[typed.replaced :])
            # Between quotation marks, a backslash would be a part of the word.
            if not typed.is_quoted or "\\" not in quoted:
                yield quoted
        else:
            plain = " ".join(meaning.split())
            yield word if not plain or has_invisible_characters(plain) else f"{word}\t{plain}"


def _give_up(_number: int, _frame: object) -> None:
    os._exit(0)
