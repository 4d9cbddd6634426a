"""Bundles of options that several commands share: dataclasses whose fields are the options."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any


def own_parameters(body: Callable[..., None]) -> Iterator[inspect.Parameter]:
    """Yield the parameters of a command after the context, and fields in place of dataclasses.

    Args:
        body: the function; a parameter whose annotation is a dataclass stands for its fields.
    """
    for parameter in _parameters_after_context(body):
        if not is_dataclass(parameter.annotation):
            yield parameter
            continue
        for field in fields(parameter.annotation):
            default = inspect.Parameter.empty if field.default is MISSING else field.default
            yield inspect.Parameter(
                field.name, parameter.kind, annotation=field.type, default=default
            )


def collect_bundles(body: Callable[..., None], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a command, with their values collected into its dataclasses.

    Args:
        body: the function.
        values: a value for each of :func:`own_parameters`.
    """
    collected = dict(values)
    for parameter in _parameters_after_context(body):
        if is_dataclass(parameter.annotation):
            bundle: Any = parameter.annotation
            names = [field.name for field in fields(bundle)]
            collected[parameter.name] = bundle(**{name: collected.pop(name) for name in names})
    return collected


def _parameters_after_context(body: Callable[..., None]) -> list[inspect.Parameter]:
    return list(inspect.signature(body).parameters.values())[1:]
