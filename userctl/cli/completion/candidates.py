"""The words that can stand at the cursor."""

from collections.abc import Iterable, Iterator, Sequence

from userctl.cli.completion.names import Command, Parameter, load_names
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
    commands = load_names()["commands"]
    arguments = list(words[1:])
    if not arguments:
        nouns = {name: entry for name, entry in commands.items() if " " not in name}
        options = [HELP, ("--version", "Print the version.")]
        return _starting_with(last, options if last.startswith("-") else _with_help(nouns))
    noun = f"{arguments[0]} "
    verbs = {name[len(noun) :]: entry for name, entry in commands.items() if name.startswith(noun)}
    if verbs and len(arguments) == 1:
        return _starting_with(last, _with_help(verbs))
    length = 2 if verbs else 1
    path = " ".join(arguments[:length])
    command = commands.get(path)
    return () if command is None else _next_words(command, path, arguments[length:], last)


def _with_help(commands: dict[str, Command]) -> Iterator[Candidate]:
    return ((name, entry["help"]) for name, entry in commands.items())


def _next_words(
    command: Command, path: str, arguments: Sequence[str], last: str
) -> Iterable[Candidate]:
    """Return the words that can follow the arguments of a command."""
    parsed = _ParsedArguments(command, arguments)
    values = Values(path, command, parsed.option_values)
    option, equals, value = last.partition("=")
    if parsed.pending_option is not None:
        return _starting_with(last, values.suggest(parsed.pending_option, last))
    if equals and option in parsed.options:
        suggestions = _starting_with(value, values.suggest(parsed.options[option], value))
        return ((f"{option}={word}", meaning) for word, meaning in suggestions)
    if parsed.missing and not last.startswith("-"):
        return _starting_with(last, values.suggest(parsed.missing[0], last))
    options = ((option, item["help"]) for option, item in parsed.options.items())
    long_options = (candidate for candidate in options if candidate[0].startswith("--"))
    return _starting_with(last, [*long_options, HELP])


class _ParsedArguments:
    """The arguments before the cursor.

    Attributes:
        options: the options of the command, by each of their names.
        missing: the arguments that may still come.
        pending_option: the option whose value stands at the cursor; None if none does.
        option_values: the values of the options, by the name of the parameter.
    """

    def __init__(self, command: Command, arguments: Sequence[str]) -> None:
        shared = load_names()["shared"]
        items = [*command["parameters"], *(shared[name] for name in command["shared"])]
        self.options = {option: item for item in items for option in item["options"]}
        self.missing = [item for item in items if not item["options"]]
        self.pending_option: Parameter | None = None
        self.option_values: dict[str, str] = {}
        for word in arguments:
            self._add(word)

    def _add(self, word: str) -> None:
        option, equals, value = word.partition("=")
        if self.pending_option is not None:
            self.option_values[self.pending_option["name"]], self.pending_option = word, None
        elif equals and option in self.options:
            self.option_values[self.options[option]["name"]] = value
        elif word in self.options:
            item = self.options[word]
            self.pending_option = item if item["value"] else None
        elif not word.startswith("-") and self.missing and not self.missing[0]["many"]:
            self.missing.pop(0)


def _starting_with(prefix: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    return (candidate for candidate in candidates if candidate[0].startswith(prefix))
