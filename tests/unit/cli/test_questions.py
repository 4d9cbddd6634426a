"""Questions before a change, and their answers."""

import sys
from contextlib import nullcontext
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


@pytest.mark.parametrize(
    ("answers", "confirmed"),
    [
        (["y"], True),
        ([" Yes "], True),
        (["perhaps", "y"], True),
        (["n"], False),
        ([""], False),
        (["perhaps", "1", "true"], False),
    ],
)
def test_the_answer_decides_and_is_asked_for_three_times_at_most(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: list[str],
    confirmed: bool,
) -> None:
    asked: list[str] = []
    left = iter(answers)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(questions, "ask", lambda text, default: asked.append(text) or next(left))
    with nullcontext() if confirmed else pytest.raises(Declined):
        confirm(context(), lambda: "Delete it", yes=False)
    assert asked == ["Delete it in sqlite:////x.db? [y/N]"] * len(answers)
    assert capsys.readouterr().err == "Answer y or n.\n" * sum(
        answer in {"perhaps", "1", "true"} for answer in answers
    )
