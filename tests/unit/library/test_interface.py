"""What services rely on: the exported names and their signatures change on purpose only."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import userctl
import userctl.fastapi
from userctl.core.errors import error_classes

PINNED = Path(__file__).with_name("interface.txt")


def interface() -> Iterator[str]:
    """Yield a line for each exported name, each of its methods and each of its fields."""
    for name in userctl.__all__:
        exported = getattr(userctl, name)
        if inspect.isfunction(exported):
            yield f"{name}{signature(exported)}"
        elif inspect.isclass(exported):
            yield from members(name, exported)
    with userctl.open_accounts("sqlite:////nowhere/accounts.db") as accounts:
        for group, part in vars(accounts).items():
            if not group.startswith("_") and group != "settings":
                yield from members(f"accounts.{group}", type(part))
    for error in error_classes():
        if error.__module__.startswith("userctl."):
            yield f"errors.{error.__name__} {error.code} {error.http_status}"


def router_interface() -> Iterator[str]:
    """Yield the same of the router; FastAPI calls a dependency, whatever it takes."""
    for name in userctl.fastapi.__all__:
        exported = getattr(userctl.fastapi, name)
        if inspect.iscoroutinefunction(exported):
            returned = inspect.signature(exported).return_annotation
            yield f"fastapi.{name} -> {annotation(returned)}"
        elif hasattr(exported, "model_fields"):
            yield from members(f"fastapi.{name}", exported)
        else:
            yield f"fastapi.{name}{signature(exported)}"


def members(name: str, kind: type[Any]) -> Iterator[str]:
    """Yield the fields and the public methods of a class."""
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            default = "" if field.default is dataclasses.MISSING else f" = {field.default!r}"
            yield f"{name}.{field.name}: {annotation(field.type)}{default}"
    elif hasattr(kind, "model_fields"):
        for key, field in kind.model_fields.items():
            yield f"{name}.{key}: {annotation(field.annotation)}"
    for key, member in inspect.getmembers_static(kind):
        function = getattr(member, "fget", member)
        ours = inspect.isfunction(function) and function.__module__.startswith("userctl.")
        if ours and not key.startswith("_"):
            kept = "" if function is member else "property "
            yield f"{kept}{name}.{key}{signature(function)}"


def annotation(found: Any) -> str:
    return short(inspect.formatannotation(found))


def signature(function: Any) -> str:
    return short(str(inspect.signature(function)))


def short(text: str) -> str:
    return re.sub(r"\b(?:\w+\.)+(?=[A-Za-z])", "", text)


def test_what_the_package_exports_is_as_promised() -> None:
    """Write the file anew for a new name; any other difference needs a new major version."""
    found = sorted([*interface(), *router_interface()])
    assert found == PINNED.read_text().splitlines()


def test_every_exported_name_is_there_and_no_other() -> None:
    assert all(getattr(userctl, name) for name in userctl.__all__)
    assert set(userctl.__all__) <= set(dir(userctl))
    assert not hasattr(userctl, "Services")
