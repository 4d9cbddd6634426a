"""The names of commands, parameters, fields and tags, as ``docs/generate.py`` wrote them down.

Asking the commands and schemas themselves would import Typer and pydantic, which takes several
times as long as the rest of an answer.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

FILE = Path(__file__).with_name("names.json")


class Parameter(TypedDict):
    """An argument or an option.

    Attributes:
        name: the name of the parameter of the function.
        options: the forms of the option; none for an argument.
        value: what the help calls its value; empty if it takes none.
        choices: the values that it can have, if they are limited.
        many: whether the argument takes all words that follow.
        help: what it means.
    """

    name: str
    options: list[str]
    value: str
    choices: list[str]
    many: bool
    help: str


class Command(TypedDict):
    """A command, or a noun, which has neither parameters nor fields.

    Attributes:
        help: what it does.
        parameters: its arguments and its own options.
        shared: the options that it shares with others, by the name of the parameter.
        fields: the fields of its records.
        sort_fields: the fields that they can be sorted by.
    """

    help: str
    parameters: list[Parameter]
    shared: list[str]
    fields: list[str]
    sort_fields: list[str]


class Names(TypedDict):
    """All names.

    Attributes:
        shared: the options that commands share, by the name of the parameter.
        commands: nouns, and verbs after their noun, as they are typed.
        tags: the audit tags with their meanings.
    """

    shared: dict[str, Parameter]
    commands: dict[str, Command]
    tags: dict[str, str]


@cache
def load_names() -> Names:
    """Return all names."""
    return cast("Names", json.loads(FILE.read_text("utf-8")))
