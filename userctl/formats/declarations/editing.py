"""One user as a text to edit: what may be declared, and what is wrong with it."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from userctl.core.errors import DeclarationInvalid, UserctlError
from userctl.core.text import escape_invisible, pluralize
from userctl.formats.declarations.writer import write_user
from userctl.schemas.declaration import DeclaredToken, DeclaredUser

WIDTH = 76

_SHOWN = re.compile(r"(#!.*\n)*")
"""The problems that were shown on top of the text."""


def editable_text(user: Mapping[str, Any], notes: Sequence[str]) -> str:
    """Return the declaration of a user between comments that say what else may be declared.

    Args:
        user: the declared fields.
        notes: what else there is to know of the user.
    """
    top = [line for note in notes for line in _comment(note, "", "")]
    below: list[str] = []
    for name, model in (("A user", DeclaredUser), ("An item of api_tokens", DeclaredToken)):
        below += ["", f"# {name} may have:", *_described(model)]
    return "\n".join([*top, "users:", write_user(user).rstrip("\n"), *below, ""])


def explain(text: str, error: UserctlError) -> str:
    """Return a text with what is wrong with it on top, instead of what was wrong before.

    Lines count from the top of the new text.
    """
    before = _SHOWN.match(text)
    body = text[before.end() :] if before else text
    problems = sorted(error.problems) if isinstance(error, DeclarationInvalid) else []
    shift = 1 + max(1, len(problems)) - (text.count("\n") - body.count("\n"))
    said = [
        f"line {place.line + shift}, column {place.column}: {message}"
        for place, message in problems
    ] or [f"{error.message} {error.hint or ''}".rstrip()]
    head = f"{pluralize(len(said), 'problem')}. To give up, save this without a change."
    return "".join(f"#! {escape_invisible(line)}\n" for line in (head, *said)) + body


def _comment(text: str, first: str, others: str) -> list[str]:
    lines = textwrap.wrap(
        escape_invisible(text), WIDTH, initial_indent=first, subsequent_indent=others
    )
    return [f"# {line}" for line in lines]


def _described(model: type[DeclaredUser | DeclaredToken]) -> Iterator[str]:
    """Yield comments with what the JSON Schema says of each field."""
    for name, field in model.model_json_schema()["properties"].items():
        choices = f" ({' | '.join(field['enum'])})" if "enum" in field else ""
        yield from _comment(f"{name}{choices}: {field['description']}", "  ", "    ")
