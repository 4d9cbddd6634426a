"""Asks questions on the terminal."""

import typer

from userctl.cli.signals import wake_at_signals
from userctl.core.errors import InvalidInput

ATTEMPTS = 3
"""How often a question is asked until the answer is usable."""


def ask(prompt: str, *, default: str | None = None, hidden: bool = False) -> str:
    """Ask a question and return the answer.

    Args:
        prompt: the question.
        default: the answer if nothing is typed; without one the question is repeated.
        hidden: whether it is a secret, which the terminal does not show.

    Raises:
        InvalidInput: if it is not UTF-8.
    """
    try:
        with wake_at_signals():
            return str(
                typer.prompt(prompt, default, hide_input=hidden, show_default=False, err=True)
            )
    except UnicodeDecodeError:
        raise InvalidInput("What was typed is not valid UTF-8.") from None
