"""The table of commands and the modules that define them."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

from userctl.cli import commands
from userctl.cli.app import program
from userctl.cli.command import Command
from userctl.cli.command_table import COMMANDS, SCHEDULED, Noun
from userctl.cli.lazy_group import load_command


def rows() -> Iterator[tuple[str, str]]:
    """Yield what is typed, and the import path, of every command in the table."""
    for name, row in COMMANDS.items():
        if isinstance(row, Noun):
            yield from ((f"{name} {verb}", path) for verb, path in row.verbs.items())
        else:
            yield name, row


def modules() -> Iterator[ModuleType]:
    """Yield every module below cli/commands."""
    for found in pkgutil.walk_packages(commands.__path__, f"{commands.__name__}."):
        yield import_module(found.name)


def defined_commands() -> Iterator[str]:
    """Yield the import path of every command that a module defines."""
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, Command) and value.body.__module__ == module.__name__:
                yield f"{module.__name__}:{name}"


def test_every_command_that_is_defined_stands_in_the_table_and_the_other_way_round() -> None:
    assert sorted(defined_commands()) == sorted(path for _, path in rows())


def test_what_is_scheduled_are_commands_of_the_table() -> None:
    assert set(SCHEDULED) <= {typed for typed, _ in rows()}


def test_a_module_defines_one_command_at_most_and_a_helper_beside_the_verbs_none() -> None:
    paths = [path.partition(":")[0] for path in defined_commands()]
    assert len(set(paths)) == len(paths)
    assert "userctl.cli.commands.token.filters" not in paths
    assert "filters" not in program().commands["token"].commands


@pytest.mark.parametrize(("typed", "path"), list(rows()))
def test_a_command_is_called_as_its_module_and_function(typed: str, path: str) -> None:
    noun, _, verb = typed.rpartition(" ")
    module, _, function = path.partition(":")
    assert function.removesuffix("_") == verb
    assert module.rpartition(".")[2].removesuffix("_") == verb
    if noun:
        assert module.rpartition(".")[0] == f"userctl.cli.commands.{noun}"


@pytest.mark.parametrize("path", [path for _, path in rows()])
def test_the_function_of_a_command_takes_the_context_and_is_short(path: str) -> None:
    body = load_command(path).body
    assert next(iter(inspect.signature(body).parameters)) in {"context", "_context"}
    (function,) = ast.parse(inspect.getsource(body)).body
    assert isinstance(function, ast.FunctionDef)
    _docstring, first, *_rest = function.body
    assert (function.body[-1].end_lineno or 0) - first.lineno < 18


@pytest.mark.parametrize("name", ["", "use", "manage", "filters", "columns", "__init__"])
def test_what_is_not_in_the_table_is_not_a_command(name: str) -> None:
    assert name not in program().commands
    assert program().commands.get(name) is None


LOADED = """
import sys
from userctl.cli.app import run
run(sys.argv[1:])
print(*(n for n in sys.modules if n.startswith("userctl.cli.commands.")), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("command", "loaded"),
    [
        ("--version", []),
        ("user create --help", ["user", "user.create"]),
        ("key jwks --help", ["key", "key.jwks"]),
        ("health --help", ["health"]),
        ("--help", ["session", "session.login", "session.logout", "session.whoami", "completion",
                    "user", "user.apply", "user.apply_options", "doctor", "health", "metrics"]),
    ],
)  # fmt: skip
def test_a_command_line_loads_only_the_modules_that_it_names(
    command: str, loaded: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *command.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stderr.split()) == sorted(f"userctl.cli.commands.{name}" for name in loaded)


@pytest.mark.parametrize("arguments", [[], *([noun] for noun in COMMANDS)])
def test_no_summary_is_cut_off_in_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    root = program()
    group = root.commands[arguments[0]] if arguments else root
    if not hasattr(group, "commands"):
        return
    with group.make_context(" ".join(["userctl", *arguments]), [], terminal_width=78) as context:
        assert "..." not in context.get_help().partition("Commands:")[2]
