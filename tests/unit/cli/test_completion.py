"""What completion reads of a command line, and what it writes for a shell."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userctl.cli.completion.answer import answer_lines
from userctl.cli.completion.command_line import CommandLine, parse_line, quote_for_bash

BREAKS = " \t\n\"'@><=;|&(:"


def completions(line: str, shell: str = "bash", breaks: str = BREAKS) -> list[str]:
    return list(answer_lines(shell, {"_USERCTL_LINE": line, "_USERCTL_BREAKS": breaks}))


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("userctl ", CommandLine(("userctl",), "")),
        ("userctl us", CommandLine(("userctl",), "us")),
        ("userctl  user\tshow ada@ex", CommandLine(("userctl", "user", "show"), "ada@ex", 3)),
        ("userctl user show o\\'b", CommandLine(("userctl", "user", "show"), "o'b")),
        (
            "userctl user show 'a b",
            CommandLine(("userctl", "user", "show"), "a b", 0, is_quoted=True),
        ),
        ('userctl "a\\"\\$\\x" ', CommandLine(("userctl", 'a"$\\x'), "")),
        ("userctl '' x", CommandLine(("userctl", ""), "x")),
        ("userctl --role=ad", CommandLine(("userctl",), "--role=ad", 7)),
        ("userctl x\\", CommandLine(("userctl",), "x\\")),
    ],
)
def test_a_line_is_read_as_the_shell_does(line: str, typed: CommandLine) -> None:
    assert parse_line(line, BREAKS) == typed


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4))
def test_quoted_words_are_read_back(words: list[str]) -> None:
    assert parse_line(f"{shlex.join(words)} ").words == tuple(words)


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=20))
def test_what_is_quoted_for_bash_is_read_back(text: str) -> None:
    assert parse_line(quote_for_bash(text)).last == text


def test_bash_reads_every_quoted_character_as_itself() -> None:
    text = "".join(map(chr, range(0x20, 0x7F))) + "名é"
    done = subprocess.run(
        ["bash", "-c", f"printf %s {quote_for_bash(text)}"], capture_output=True, check=True
    )
    assert done.stdout.decode() == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("userctl us", ["user"]),
        ("userctl --v", ["--version"]),
        ("userctl user cr", ["create"]),
        ("userctl login --password-s", ["--password-stdin"]),
        ("userctl user list -o js", ["json", "jsonl"]),
        ("userctl user list --output=js", ["json", "jsonl"]),
        ("userctl user list --fields em", ["email"]),
        ("userctl user list --fields id,em", ["id,email"]),
        ("userctl user list --fields id,id", []),
        ("userctl audit list --tag account:login:s", ["success"]),
        ("userctl completion z", ["zsh"]),
        ("userctl whoami --deb", ["--debug"]),
        ("userctl whoami --ac", []),
        ("userctl db migrate --no-b", ["--no-backup"]),
        ("userctl user list --format x --fi", ["--fields"]),
        ("userctl nonsense ", []),
        ("userctl user nonsense ", []),
        ("userctl user import --format cs", ["csv"]),
        ("userctl db backup --for", ["--force"]),
    ],
)
def test_commands_options_choices_fields_and_tags_are_completed(
    line: str, expected: list[str]
) -> None:
    assert completions(line) == expected


def test_zsh_and_fish_get_meanings_too() -> None:
    for shell in ("zsh", "fish"):
        assert completions("userctl user cr", shell) == ["create\tCreate a user."]
        assert completions("userctl audit list --tag account:login:s", shell)[0].startswith(
            "account:login:success\t"
        )
