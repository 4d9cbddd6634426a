"""``reference/library.md``, from the signatures and docstrings of what the package exports."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any, cast

from pydantic import BaseModel

import userctl
from generator.markdown import code, page, plain, table
from userctl.library.passwords import Passwords
from userctl.library.sessions import Sessions
from userctl.library.tokens import Tokens
from userctl.library.users import Users

GROUPS = {"users": Users, "sessions": Sessions, "tokens": Tokens, "passwords": Passwords}

INTRODUCTION = """\
```python
from userctl import open_accounts

with open_accounts("postgresql://app@db.example.com/app") as accounts:
    grant = accounts.sessions.login("ada@example.com", "correct horse 42", source="203.0.113.7")
    user = accounts.tokens.verify(grant.tokens.access_token).user
```

The names on this page follow [semantic versioning](https://semver.org): none is removed or changes
its meaning before the next major version. Everything else in the package may change.

All calls are synchronous and thread-safe. They print nothing and never end the process. A call that
fails raises one of the [errors](errors.md), each with a `code`, a `message`, a `hint` and an
`http_status`. Import them with `from userctl import errors`.

[Settings](settings.md) come from the same places as on the command line, so both agree on keys,
roles and limits. `pool_size`, `max_overflow`, `pool_timeout` and `pre_ping` are for services. To
change one, use `dataclasses.replace(accounts.settings, pool_size=20)`."""

_SECTIONS = {"Args:": "Arguments", "Attributes:": "Attributes", "Raises:": "Raises"}


def library_page() -> str:
    """Return the page of the library."""
    blocks = [INTRODUCTION, "## open_accounts", *_callable("open_accounts", userctl.open_accounts)]
    blocks += ["## Accounts", *_docstring_blocks(userctl.Accounts.__doc__)]
    for name, method in _methods(userctl.Accounts):
        blocks += [f"### accounts.{name}", *_callable(name, method)]
    for group, kind in GROUPS.items():
        blocks += [f"## accounts.{group}", *_docstring_blocks(kind.__doc__)]
        for name, method in _methods(kind):
            blocks += [f"### accounts.{group}.{name}", *_callable(name, method)]
    blocks += ["## What calls return", *_records()]
    return page("The library", *blocks)


def format_signature(name: str, function: Any) -> str:
    """Return a signature as a program reads it, with a line for each parameter if it is long."""
    given = inspect.signature(function)
    shown: list[str] = []
    for parameter in given.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        if parameter.name != "self":
            shown.append(_short(str(parameter)))
    returned = _short(inspect.formatannotation(given.return_annotation)).strip("'")
    line = f"{name}({', '.join(shown)}) -> {returned}"
    if len(line) <= 88:
        return line
    lines = "".join(f"    {parameter},\n" for parameter in shown)
    return f"{name}(\n{lines}) -> {returned}"


def _callable(name: str, function: Any) -> list[str]:
    return [
        f"```python\n{format_signature(name, function)}\n```",
        *_docstring_blocks(function.__doc__),
    ]


def _methods(kind: type) -> Iterator[tuple[str, Any]]:
    for name, method in vars(kind).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            yield name, method


def _docstring_blocks(docstring: str | None) -> list[str]:
    """Return a docstring as Markdown: its paragraphs, and lists of arguments and errors."""
    blocks = []
    for block in inspect.cleandoc(docstring or "").split("\n\n"):
        title, _, rest = block.partition("\n")
        if title == "Returns:":
            blocks.append(f"Returns: {plain(rest)}")
        elif title in _SECTIONS:
            # An entry continues in lines that are indented further.
            entries = re.split(r"\n(?=    \S)", f"\n{rest}")[1:]
            items = (entry.strip().partition(": ") for entry in entries)
            names = {"Raises:": "error"}.get(title, "name")
            rows = [[_names(name), plain(text)] for name, _, text in items]
            blocks.append(table([names, "meaning" if title != "Raises:" else "when"], rows))
        else:
            blocks.append(plain(block))
    return blocks


def _names(text: str) -> str:
    return ", ".join(code(name) for name in text.split(", "))


def _records() -> Iterator[str]:
    for name in userctl.__all__:
        kind = getattr(userctl, name)
        if name == "Settings" or not isinstance(kind, type):
            continue
        if dataclasses.is_dataclass(kind):
            fields = [(field.name, field.type) for field in dataclasses.fields(kind)]
        elif issubclass(kind, BaseModel):
            fields = [(key, field.annotation) for key, field in kind.model_fields.items()]
        else:
            continue
        yield f"### {name}"
        yield plain(inspect.cleandoc(kind.__doc__ or "").replace("\n\n", " "))
        rows = [[code(field), code(_short(_type(cast("Any", kind))))] for field, kind in fields]
        yield table(["attribute", "type"], rows)


def _type(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _short(text: str) -> str:
    """Return types without the modules that they come from."""
    return re.sub(r"\b(?:\w+\.)+(?=[A-Za-z])", "", text)
