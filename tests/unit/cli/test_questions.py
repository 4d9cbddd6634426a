"""Questions before a change, and their answers."""

import sys
from io import StringIO
from pathlib import Path

import pytest

from userctl.cli import questions
from userctl.cli.context import CommandContext
from userctl.cli.questions import confirm
from userctl.config.loading import load_settings
from userctl.core.errors import ConfirmationRequired, Declined


class Terminal(StringIO):
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


def context(*, no_input: bool = False) -> CommandContext:
    settings = load_settings({"database_url": "sqlite:////x.db"}, {}, Path("/nonexistent"))
    return CommandContext(no_input=no_input, load=lambda _: settings)


def test_a_confirmation_without_a_prompt_names_the_option() -> None:
    confirm(context(no_input=True), lambda: "Delete it", yes=True)
    with pytest.raises(ConfirmationRequired) as caught:
        confirm(context(no_input=True), lambda: "Delete it", yes=False)
    assert "--yes" in str(caught.value.hint)


@pytest.mark.parametrize("answer", [True, False])
def test_the_answer_to_a_prompt_decides(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(
        questions.typer, "confirm", lambda question, err: asked.append(question) or answer
    )
    if answer:
        confirm(context(), lambda: "Delete it", yes=False)
    else:
        with pytest.raises(Declined):
            confirm(context(), lambda: "Delete it", yes=False)
    assert asked == ["Delete it in sqlite:////x.db?"]
