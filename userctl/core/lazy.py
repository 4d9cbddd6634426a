"""Parts of a composition root that are imported and built when they are first asked for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class Parts(Protocol):
    """A composition root."""

    @property
    def building(self) -> AbstractContextManager[object]:
        """The lock that is held while a part is built, so that threads share one of each."""
        ...

    def part(self, name: str) -> Any:
        """Return the part of this name."""
        ...


class Lazy(Generic[T]):
    """Something that is imported and built when it is first asked for.

    Each parameter of its constructor that has no default gets the part or the service of its name.
    """

    def __init__(self, path: str) -> None:
        self._module, _, self._class = path.partition(":")

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, parts: Parts, _owner: type) -> T:
        with parts.building:
            # An attribute of the instance is found before this descriptor from now on.
            if self._name not in parts.__dict__:
                parts.__dict__[self._name] = self._build(parts)
        built: T = parts.__dict__[self._name]
        return built

    def _build(self, parts: Parts) -> T:
        build: Callable[..., T]
        build = getattr(import_module(f"userctl.{self._module}"), self._class)
        parameters = signature(build).parameters.values()
        required = [each.name for each in parameters if each.default is Parameter.empty]
        return build(**{name: parts.part(name) for name in required})
