"""One user as a text to edit: the fields that may be declared, and the problems with them."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from userctl.core.errors import DeclarationInvalid, UserctlError
from userctl.core.text import escape_invisible, pluralize
from userctl.formats.declarations.writer import write_user
from userctl.schemas.declaration import DeclaredToken, DeclaredUser

WIDTH = 76

_SHOWN_PROBLEMS = re.compile(r"(#!.*\n)*")
"""The problems shown at the top of the text."""


def editable_text(user: Mapping[str, Any], notes: Sequence[str]) -> str:
    """Return the declaration of a user, with comments on what else may be declared.

    Args:
        user: the declared fields.
        notes: other information about the user.
    """
    top = [line for note in notes for line in _comment(note, "", "")]
    below: list[str] = []
    for name, model in (("A user", DeclaredUser), ("An item of api_tokens", DeclaredToken)):
        below += ["", f"# {name} may have:", *_describe_fields(model)]
    return "\n".join([*top, "users:", write_user(user).rstrip("\n"), *below, ""])


def explain(text: str, error: UserctlError) -> str:
    """Return a text with its problems at the top, in place of earlier ones.

    Lines count from the top of the new text.
    """
    shown_problems = _SHOWN_PROBLEMS.match(text)
    body = text[shown_problems.end() :] if shown_problems else text
    problems = sorted(error.problems) if isinstance(error, DeclarationInvalid) else []
    shift = 1 + max(1, len(problems)) - (text.count("\n") - body.count("\n"))
    messages = [
        f"line {place.line + shift}, column {place.column}: {message}"
        for place, message in problems
    ] or [f"{error.message} {error.hint or ''}".rstrip()]
    head = f"{pluralize(len(messages), 'problem')}. To give up, save without changes."
    return "".join(f"#! {escape_invisible(line)}\n" for line in (head, *messages)) + body


def _comment(text: str, indent: str, hanging_indent: str) -> list[str]:
    lines = textwrap.wrap(
        escape_invisible(text), WIDTH, initial_indent=indent, subsequent_indent=hanging_indent
    )
    return [f"# {line}" for line in lines]


def _describe_fields(model: type[DeclaredUser | DeclaredToken]) -> Iterator[str]:
    """Yield comments with the description of each field in the JSON Schema."""
    for name, field in model.model_json_schema()["properties"].items():
        choices = f" ({' | '.join(field['enum'])})" if "enum" in field else ""
        yield from _comment(f"{name}{choices}: {field['description']}", "  ", "    ")
