"""Parts of a composition root that are imported and built when they are first asked for."""

import os
from collections.abc import Callable
from importlib import import_module
from inspect import Parameter, signature
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class BuildLock:
    """A lock of which each process has its own.

    If a process is forked while a thread builds, the new process does not have that thread, which
    would hold the lock there forever.
    """

    def __init__(self) -> None:
        self._lock, self._process = RLock(), os.getpid()

    def __enter__(self) -> None:
        if self._process != os.getpid():
            self._lock, self._process = RLock(), os.getpid()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Parts(Protocol):
    """A composition root."""

    build_lock: BuildLock
    """The lock that is held while a part is built, so that threads share one of each."""

    def part(self, name: str) -> Any:
        """Return the part of this name."""
        ...


class _Part(Generic[T]):
    """A part that is built when it is first asked for, by one thread.

    ``functools.cached_property`` has one lock for all instances in Python 3.11, and none later.
    """

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, parts: Parts, _owner: type) -> T:
        with parts.build_lock:
            # An attribute of the instance is found before this descriptor from now on.
            if self._name not in parts.__dict__:
                parts.__dict__[self._name] = self._build(parts)
        built: T = parts.__dict__[self._name]
        return built

    def _build(self, parts: Any) -> T:
        raise NotImplementedError


class Lazy(_Part[T]):
    """Something that is imported and built when it is first asked for.

    Each parameter of its constructor that has no default gets the part or the service of its name.
    """

    def __init__(self, path: str) -> None:
        self._module, _, self._class = path.partition(":")

    def _build(self, parts: Any) -> T:
        build: Callable[..., T]
        build = getattr(import_module(f"userctl.{self._module}"), self._class)
        parameters = signature(build).parameters.values()
        required = [each.name for each in parameters if each.default is Parameter.empty]
        return build(**{name: parts.part(name) for name in required})


class lazy_property(_Part[T]):  # noqa: N801 - it is used as functools.cached_property is.
    """A method whose result is cached."""

    def __init__(self, method: Callable[[Any], T]) -> None:
        self._method = method

    def _build(self, parts: Any) -> T:
        return self._method(parts)
