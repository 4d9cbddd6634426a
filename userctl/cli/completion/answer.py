"""Answers a shell that asks for completions: fast and without messages, or not at all."""

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn

from userctl.cli.completion.candidates import candidates
from userctl.cli.completion.command_line import parse_line, quote_for_bash
from userctl.core.text import has_invisible_characters

LONGEST_SECONDS = 1.0
"""After this time there is no answer: the shell waits, and does not react to the keyboard."""

MOST_CANDIDATES = 100
"""How many candidates are offered."""


def answer(shell: str, environ: Mapping[str, str]) -> NoReturn:
    """Write the candidates, one per line, and exit; after an error there are none.

    A script of :mod:`userctl.cli.completion.scripts` reads the lines. For bash a candidate is
    quoted, because bash puts it into the command line as it is; zsh and fish quote it themselves,
    and get its meaning too, after a tab.

    Args:
        shell: ``bash``, ``zsh`` or ``fish``.
        environ: the environment, with the line up to the cursor.
    """
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
    try:
        text = "".join(f"{line}\n" for line in answer_lines(shell, environ))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    finally:
        # Neither a message nor a traceback may appear in the middle of a command line. Freeing
        # what was imported would take time.
        os._exit(0)


def answer_lines(shell: str, environ: Mapping[str, str]) -> Iterable[str]:
    """Return the lines of an answer."""
    text = environ.get("_USERCTL_LINE", "")
    line = parse_line(text, environ.get("_USERCTL_BREAKS", "") if shell == "bash" else "")
    meanings = {
        word: meaning
        for word, meaning in candidates(line.words, line.last)
        # Another program may have stored anything.
        if word and not has_invisible_characters(word)
    }
    for word, meaning in sorted(meanings.items())[:MOST_CANDIDATES]:
        if shell == "bash":
            quoted = quote_for_bash(word[line.kept_length :])
            # Inside quotation marks, a backslash would be part of the word.
            if not line.is_quoted or "\\" not in quoted:
                yield quoted
        else:
            plain = " ".join(meaning.split())
            yield word if not plain or has_invisible_characters(plain) else f"{word}\t{plain}"


def _give_up(_number: int, _frame: object) -> None:
    os._exit(0)
