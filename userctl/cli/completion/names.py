"""The names of commands, parameters, fields and tags, as ``docs/generate.py`` wrote them down.

To ask the commands and schemas themselves would mean to import Typer and pydantic, which takes
several times as long as all the rest of an answer.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict, cast

FILE = Path(__file__).with_name("names.json")


class Parameter(TypedDict):
    """An argument or an option.

    Attributes:
        name: of the parameter of the function.
        options: how the option is written; none for an argument.
        value: what the help calls its value; empty if it takes none.
        choices: the only values that it can have, if there are such.
        many: whether the argument takes all that follows.
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
        parameters: its arguments, and the options of its own.
        shared: the options that it shares with others, by the name of the parameter.
        fields: what its records have.
        sort_fields: what they can be sorted by.
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
        commands: by what is typed: nouns, and each verb after its noun.
        tags: the audit tags with their meanings.
    """

    shared: dict[str, Parameter]
    commands: dict[str, Command]
    tags: dict[str, str]


@cache
def names() -> Names:
    """Return all names."""
    return cast("Names", json.loads(FILE.read_text("utf-8")))
