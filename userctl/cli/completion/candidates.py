"""What can stand at the cursor."""

from collections.abc import Iterable, Iterator, Sequence

from userctl.cli.completion.names import Command, Parameter, names
from userctl.cli.completion.values import Values

Candidate = tuple[str, str]
"""A word, and what it means."""

HELP = ("--help", "Show the help.")


def candidates(words: Sequence[str], last: str) -> Iterable[Candidate]:
    """Return the words that can stand at the cursor.

    Args:
        words: the words before it, with the program first.
        last: the beginning of the word.
    """
    commands = names()["commands"]
    typed = list(words[1:])
    if not typed:
        nouns = {name: found for name, found in commands.items() if " " not in name}
        alone = [HELP, ("--version", "Print the version.")]
        return _beginning(alone if last.startswith("-") else _meanings(nouns), last)
    noun = f"{typed[0]} "
    verbs = {name[len(noun) :]: found for name, found in commands.items() if name.startswith(noun)}
    if verbs and len(typed) == 1:
        return _beginning(_meanings(verbs), last)
    length = 2 if verbs else 1
    command = commands.get(" ".join(typed[:length]))
    return () if command is None else _of_command(command, typed[:length], typed[length:], last)


def _meanings(commands: dict[str, Command]) -> Iterator[Candidate]:
    return ((name, found["help"]) for name, found in commands.items())


def _of_command(
    command: Command, path: Sequence[str], arguments: Sequence[str], last: str
) -> Iterable[Candidate]:
    """Return what can follow the arguments of a command."""
    before = _Before(command, arguments)
    values = Values(" ".join(path), command, before.given)
    option, equals, value = last.partition("=")
    if before.waiting is not None:
        return _beginning(values.of(before.waiting, last), last)
    if equals and option in before.options:
        found = _beginning(values.of(before.options[option], value), value)
        return ((f"{option}={word}", meaning) for word, meaning in found)
    if before.expected and not last.startswith("-"):
        return _beginning(values.of(before.expected[0], last), last)
    offered = ((option, item["help"]) for option, item in before.options.items())
    long = (found for found in offered if found[0].startswith("--"))
    return _beginning([*long, HELP], last)


class _Before:
    """The arguments before the cursor.

    Attributes:
        options: the options of the command, by each of their names.
        expected: the arguments that may still come.
        waiting: the option whose value stands at the cursor; None if none does.
        given: the values of the options, by the name of the parameter.
    """

    def __init__(self, command: Command, arguments: Sequence[str]) -> None:
        shared = names()["shared"]
        items = [*command["parameters"], *(shared[name] for name in command["shared"])]
        self.options = {option: item for item in items for option in item["options"]}
        self.expected = [item for item in items if not item["options"]]
        self.waiting: Parameter | None = None
        self.given: dict[str, str] = {}
        for word in arguments:
            self._add(word)

    def _add(self, word: str) -> None:
        option, equals, value = word.partition("=")
        if self.waiting is not None:
            self.given[self.waiting["name"]], self.waiting = word, None
        elif equals and option in self.options:
            self.given[self.options[option]["name"]] = value
        elif word in self.options:
            item = self.options[word]
            self.waiting = item if item["value"] else None
        elif not word.startswith("-") and self.expected and not self.expected[0]["many"]:
            self.expected.pop(0)


def _beginning(found: Iterable[Candidate], last: str) -> Iterator[Candidate]:
    return ((word, help_) for word, help_ in found if word.startswith(last))
