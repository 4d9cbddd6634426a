"""The options that all commands share."""

import io
import sys
from typing import get_args

import pytest

from userctl.cli.commands.user.list import SORT_FIELDS
from userctl.cli.context import CommandContext
from userctl.core.errors import InvalidInput
from userctl.models import DeletedUser, User
from userctl.schemas.session import SessionRead
from userctl.schemas.tokens import TokenPair
from userctl.schemas.users import UserRead, UserSort


class Terminal(io.StringIO):
    """A standard input that is a terminal."""

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
def test_a_prompt_can_be_answered_only_at_a_terminal_and_without_no_input(
    monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO | None, no_input: bool, interactive: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert CommandContext(no_input=no_input).is_interactive is interactive


def test_fields_are_printed_in_the_order_in_which_they_are_picked() -> None:
    context = CommandContext(schemas=(UserRead,))
    context.pick_fields("email, id")
    assert context.fields == ["email", "id"]


@pytest.mark.parametrize("text", ["", "email,", "hashed_password", "email;id", "x" * 10_000])
def test_an_unknown_field_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        CommandContext(schemas=(UserRead,)).pick_fields(text)
    assert "id, email, name" in str(caught.value.hint)
    assert len(caught.value.message) < 100


def test_the_fields_of_all_records_a_command_prints_may_be_picked() -> None:
    context = CommandContext(schemas=(SessionRead, TokenPair))
    context.pick_fields("session_file,expires_in")
    assert context.fields == ["session_file", "expires_in"]


def test_a_note_goes_to_standard_error_and_quiet_drops_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    CommandContext().note("Created \x1b a database.")
    CommandContext(quiet=True).note("Created another.")
    assert capsys.readouterr() == ("", "Created \\x1b a database.\n")


def test_closing_a_run_that_used_no_service_builds_none() -> None:
    context = CommandContext()
    context.close(0)
    assert "services" not in vars(context)


def test_the_sort_fields_of_the_command_line_are_those_of_the_query() -> None:
    assert get_args(UserSort) == SORT_FIELDS
    for model in (User, DeletedUser):
        assert set(SORT_FIELDS) <= model.model_fields.keys()
