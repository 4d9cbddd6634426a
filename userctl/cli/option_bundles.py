"""Options that several commands have in common, as a dataclass of which each field is an option."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any


def own_parameters(body: Callable[..., None]) -> Iterator[inspect.Parameter]:
    """Yield the parameters of a command but the context, with those of dataclasses instead of them.

    Args:
        body: the function; a parameter whose annotation is a dataclass stands for its fields.
    """
    for parameter in _after_context(body):
        if not is_dataclass(parameter.annotation):
            yield parameter
            continue
        for field in fields(parameter.annotation):
            default = inspect.Parameter.empty if field.default is MISSING else field.default
            yield inspect.Parameter(
                field.name, parameter.kind, annotation=field.type, default=default
            )


def collect_bundles(body: Callable[..., None], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a command, with a dataclass for each that it takes.

    Args:
        body: the function.
        values: a value for each of :func:`own_parameters`.
    """
    collected = dict(values)
    for parameter in _after_context(body):
        if is_dataclass(build := parameter.annotation):
            names = [field.name for field in fields(build)]
            bundle: Any = build
            collected[parameter.name] = bundle(**{name: collected.pop(name) for name in names})
    return collected


def _after_context(body: Callable[..., None]) -> list[inspect.Parameter]:
    return list(inspect.signature(body).parameters.values())[1:]
