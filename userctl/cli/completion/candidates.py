"""What can stand at the cursor."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from userctl.cli.command_table import COMMANDS, Noun
from userctl.cli.completion.values import Values
from userctl.cli.lazy_group import load_command

Candidate = tuple[str, str]
"""A word, and what it means."""


def candidates(words: Sequence[str], last: str) -> Iterable[Candidate]:
    """Return the words that can stand at the cursor.

    Args:
        words: the words before it, with the program first.
        last: the beginning of the word.
    """
    typed = list(words[1:])
    if not typed:
        return _beginning(_nouns(), last) if not last.startswith("-") else _options_alone(last)
    row = COMMANDS.get(typed[0])
    if isinstance(row, Noun):
        if len(typed) == 1:
            return _beginning(_verbs(row), last)
        path = row.verbs.get(typed[1])
        name, arguments = f"{typed[0]} {typed[1]}", typed[2:]
    else:
        path, name, arguments = row, typed[0], typed[1:]
    if path is None:
        return ()
    return _of_command(load_command(path).build(name), name, arguments, last)


def _nouns() -> Iterator[Candidate]:
    for name, row in COMMANDS.items():
        yield name, row.summary if isinstance(row, Noun) else _summary(row)


def _verbs(noun: Noun) -> Iterator[Candidate]:
    return ((verb, _summary(path)) for verb, path in noun.verbs.items())


def _summary(path: str) -> str:
    return (load_command(path).body.__doc__ or "").partition("\n")[0]


def _options_alone(last: str) -> Iterable[Candidate]:
    return _beginning([("--help", "Show the help."), ("--version", "Print the version.")], last)


def _of_command(
    command: Any, name: str, arguments: Sequence[str], last: str
) -> Iterable[Candidate]:
    """Return what can follow the arguments of a command."""
    before = _Before(command, arguments)
    values = Values(name, before.given)
    option, equals, value = last.partition("=")
    if before.waiting is not None:
        return _beginning(values.of(before.waiting, last), last)
    if equals and option in before.options:
        found = _beginning(values.of(before.options[option], value), value)
        return ((f"{option}={word}", meaning) for word, meaning in found)
    if before.expected and not last.startswith("-"):
        return _beginning(values.of(before.expected[0], last), last)
    offered = ((option, item.help or "") for option, item in before.options.items())
    long = (found for found in offered if found[0].startswith("--"))
    return _beginning([*long, ("--help", "Show the help.")], last)


class _Before:
    """The arguments before the cursor.

    Attributes:
        options: the options of the command, by each of their names.
        expected: the arguments that may still come.
        waiting: the option whose value stands at the cursor; None if none does.
        given: the values of the options, by the name of the parameter.
    """

    def __init__(self, command: Any, arguments: Sequence[str]) -> None:
        items = command.params
        self.options = {name: item for item in items for name in item.opts if name[:1] == "-"}
        self.expected = [item for item in items if item.param_type_name == "argument"]
        self.waiting: Any = None
        self.given: dict[str, str] = {}
        for word in arguments:
            self._add(word)

    def _add(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if self.waiting is not None:
            self.given[self.waiting.name], self.waiting = word, None
        elif equals and name in self.options:
            self.given[self.options[name].name] = value
        elif word in self.options:
            option = self.options[word]
            self.waiting = None if option.is_flag or option.count else option
        elif not word.startswith("-") and self.expected and self.expected[0].nargs == 1:
            self.expected.pop(0)


def _beginning(found: Iterable[Candidate], last: str) -> Iterator[Candidate]:
    return ((word, help_) for word, help_ in found if word.startswith(last))
