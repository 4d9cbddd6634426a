"""The options that all commands share."""

import io
import sys
from typing import get_args

import pytest

from userctl.cli import context as invocation
from userctl.cli.commands.user.manage import SORT_FIELDS
from userctl.cli.context import CommandContext
from userctl.core.errors import ConfirmationRequired, Declined, InvalidInput
from userctl.repositories.users import _SORT_KEYS
from userctl.schemas.users import UserSort


class Terminal(io.StringIO):
    """A standard input with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "no_input", "interactive"),
    [
        (Terminal(), False, True),
        (Terminal(), True, False),
        (io.StringIO(), False, False),
        (None, False, False),
    ],
)
def test_somebody_is_there_only_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO | None, no_input: bool, interactive: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert CommandContext(no_input=no_input).interactive is interactive


def test_fields_are_printed_in_the_order_in_which_they_are_picked() -> None:
    run = CommandContext(printed=("UserRead",))
    run.pick_fields("email, id")
    assert run.fields == ["email", "id"]


@pytest.mark.parametrize("text", ["", "email,", "hashed_password", "email;id", "x" * 10_000])
def test_a_field_that_no_record_has_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CommandContext(printed=("UserRead",)).pick_fields(text)
    assert "id, email, name" in str(caught.value.hint)
    assert len(caught.value.message) < 100


def test_the_fields_of_all_records_a_command_prints_may_be_picked() -> None:
    run = CommandContext(printed=("SessionRead", "TokenPair"))
    run.pick_fields("session_file,expires_in")
    assert run.fields == ["session_file", "expires_in"]


def test_a_note_is_no_payload_and_quiet_drops_it(capsys: pytest.CaptureFixture[str]) -> None:
    CommandContext().note("Created \x1b a database.")
    CommandContext(quiet=True).note("Created another.")
    assert capsys.readouterr() == ("", "Created \\x1b a database.\n")


def test_a_confirmation_that_nobody_can_give_names_its_option() -> None:
    run = CommandContext(no_input=True)
    run.confirm("Delete it?", yes=True)
    with pytest.raises(ConfirmationRequired) as caught:
        run.confirm("Delete it?", yes=False)
    assert "--yes" in str(caught.value.hint)


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_decides(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(
        invocation.typer, "confirm", lambda question, err: asked.append(question) or answer
    )
    if answer:
        CommandContext().confirm("Delete it?", yes=False)
    else:
        with pytest.raises(Declined):
            CommandContext().confirm("Delete it?", yes=False)
    assert asked == ["Delete it?"]


def test_closing_a_run_that_used_no_service_builds_none() -> None:
    run = CommandContext()
    run.ended(0)
    assert "services" not in vars(run)


def test_the_sort_fields_of_the_command_line_are_those_of_the_query() -> None:
    assert get_args(UserSort) == SORT_FIELDS == tuple(_SORT_KEYS)
