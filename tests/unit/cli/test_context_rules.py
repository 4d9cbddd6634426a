"""A secret that is printed once is in force only if it arrived."""

import io
import sys

import pytest

from userctl.cli.context import CommandContext
from userctl.core.errors import OutputLost
from userctl.schemas.tokens import TokenPair

PAIR = TokenPair(access_token="a", refresh_token="r", expires_in=60)


class Broken:
    """A standard output on which nothing arrives."""

    def __init__(self, failure: BaseException) -> None:
        self._failure = failure

    def write(self, text: str) -> int:
        return len(text)

    def isatty(self) -> bool:
        return False

    def flush(self) -> None:
        raise self._failure


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> CommandContext:
    monkeypatch.setenv("USERCTL_OUTPUT", "json")
    return CommandContext(schemas=(TokenPair,))


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(OSError(28, "No space left"), OutputLost), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_what_did_not_arrive_is_undone_whatever_the_reason(
    context: CommandContext,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    raised: type[BaseException],
) -> None:
    undone: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Broken(failure))
        with pytest.raises(raised):
            context.emit_or_undo(PAIR, lambda: undone.append("once"))
    assert undone == ["once"]


def test_what_arrived_is_not_undone(
    context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    context.emit_or_undo(PAIR, lambda: pytest.fail("It arrived."))
    assert '"refresh_token": "r"' in printed.getvalue()
