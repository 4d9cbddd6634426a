"""Passwords from standard input and files."""

import io
import sys
from pathlib import Path

import pytest

from userctl.cli import prompts
from userctl.cli.context import CommandContext
from userctl.cli.prompts import (
    NewPassword,
    PasswordOptions,
    read_new_password,
    read_password,
    read_stdin,
    use_new_password,
)
from userctl.core.errors import InputOutputFailed, InvalidInput, PasswordRejected

WITHOUT_PROMPT = CommandContext(no_input=True)
READ = [
    (b"hunter2", "hunter2"),
    (b"hunter2\n", "hunter2"),
    (b"hunter2\r\n", "hunter2"),
    (b"hunter2\n\n", "hunter2\n"),
    (b"hunter2\r\r\n", "hunter2\r"),
    (b" hunter2\t\n", " hunter2\t"),
    ("пароль\n".encode(), "пароль"),
    (b"\n\nhunter2", "\n\nhunter2"),
    (b"x" * 65_536, "x" * 65_536),
]
REFUSED = [b"", b"\n", b"\r\n", b"hunter2\xff", b"x" * 65_537]


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let standard input hold some bytes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "ascii"))


@pytest.mark.parametrize(("content", "text"), READ)
def test_only_the_last_line_ending_is_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, text: str
) -> None:
    given(monkeypatch, content)
    assert read_stdin() == text
    file = tmp_path / "password"
    file.write_bytes(content)
    assert read_password(WITHOUT_PROMPT, stdin=False, file=file) == text


@pytest.mark.parametrize("content", REFUSED)
def test_an_empty_long_or_undecodable_value_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    given(monkeypatch, content)
    file = tmp_path / "password"
    file.write_bytes(content)
    for stdin, source in ((True, "standard input"), (False, str(file))):
        with pytest.raises(InvalidInput, match=source) as caught:
            read_password(WITHOUT_PROMPT, stdin=stdin, file=None if stdin else file)
        assert "hunter2" not in caught.value.message
        assert caught.value.__cause__ is None


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InvalidInput, match="closed"):
        read_stdin()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for file in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputOutputFailed, match=str(file)):
            read_password(WITHOUT_PROMPT, stdin=False, file=file)


@pytest.mark.parametrize(
    ("stdin", "file", "generate", "none"),
    [
        (True, Path("x"), False, False),
        (True, None, True, False),
        (False, Path("x"), False, True),
        (False, None, True, True),
    ],
)
def test_two_password_options_exclude_each_other(
    stdin: bool, file: Path | None, generate: bool, none: bool
) -> None:
    with pytest.raises(InvalidInput, match="only one"):
        read_new_password(
            WITHOUT_PROMPT, stdin=stdin, file=file, generate=generate, none=none, must_change=False
        )


def test_standard_input_and_a_file_exclude_each_other_at_a_login() -> None:
    with pytest.raises(InvalidInput, match="only one"):
        read_password(WITHOUT_PROMPT, stdin=True, file=Path("x"))


def test_a_password_may_be_generated_or_left_out() -> None:
    asked = {"stdin": False, "file": None, "must_change": False}
    assert read_new_password(WITHOUT_PROMPT, generate=True, none=False, **asked) == NewPassword(
        None, True
    )
    assert read_new_password(WITHOUT_PROMPT, generate=False, none=True, **asked) == NewPassword(
        None
    )


def test_without_a_prompt_the_options_are_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_new_password(
            WITHOUT_PROMPT, stdin=False, file=None, generate=False, none=False, must_change=True
        )
    assert "--generate-password" in str(caught.value.hint)
    with pytest.raises(InvalidInput) as caught:
        read_password(WITHOUT_PROMPT, stdin=False, file=None)
    assert "--password-stdin" in str(caught.value.hint)


def let_type(monkeypatch: pytest.MonkeyPatch, *entries: str) -> list[str]:
    """Let a person type some passwords, and return what they are asked."""
    asked: list[str] = []

    def ask(prompt: str, *, hidden: bool) -> str:
        assert hidden
        asked.append(prompt)
        return entries[len(asked) - 1]

    monkeypatch.setattr(prompts, "ask", ask)
    monkeypatch.setattr(CommandContext, "is_interactive", True)
    return asked


@pytest.mark.parametrize("twice", [True, False])
def test_a_password_is_typed_without_echo_and_a_new_one_twice(
    monkeypatch: pytest.MonkeyPatch, twice: bool
) -> None:
    asked = let_type(monkeypatch, "hunter2", "hunter2")
    assert read_password(CommandContext(), stdin=False, file=None, twice=twice) == "hunter2"
    assert asked == ["Password", "Repeat for confirmation"][: 1 + twice]


def test_two_entries_that_differ_are_rejected_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_type(monkeypatch, "hunter2", "hunter3")
    with pytest.raises(PasswordRejected, match="do not match") as caught:
        read_password(CommandContext(), stdin=False, file=None, twice=True)
    assert "hunter" not in caught.value.message


def test_a_rejected_password_from_a_file_is_not_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("short")
    used: list[NewPassword] = []

    def use(password: NewPassword) -> None:
        used.append(password)
        raise PasswordRejected(["it is short"])

    with pytest.raises(PasswordRejected):
        use_new_password(
            CommandContext(),
            PasswordOptions(False, tmp_path / "password", False, False, False),
            use,
            check=lambda: None,
        )
    assert used == [NewPassword("short")]
