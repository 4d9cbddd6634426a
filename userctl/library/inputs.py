"""Validation of the arguments of the library's calls."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from userctl.config.database_url import DatabaseURL
from userctl.config.loading import parse
from userctl.config.settings import SETTINGS, Settings
from userctl.core.errors import InvalidInput

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

UserReference = int | str
"""The id of a user, or the e-mail address."""


def validate_arguments(kind: type[M], **values: Any) -> M:
    """Return the arguments of a call as the schema that the services take.

    Raises:
        InvalidInput: if one has the wrong type or is not an allowed value. The message names the
            argument but does not repeat the value, which may be a secret.
    """
    try:
        return kind.model_validate(values, strict=True)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        messages = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}." for each in errors)
        raise InvalidInput(" ".join(messages)) from None


def require_type(value: T, kind: type[T], name: str) -> T:
    """Return an argument if it has its type.

    Raises:
        InvalidInput: if it has another. The message does not repeat it, since it may be a secret.
    """
    if isinstance(value, kind):
        return value
    raise InvalidInput(f"{name} must be {kind.__name__}, not {type(value).__name__}.")


def user_reference(user: UserReference) -> str:
    """Return a reference to a user as the services take it.

    Raises:
        InvalidInput: if it is neither an id nor text.
    """
    if isinstance(user, int | str) and not isinstance(user, bool):
        return str(user)
    raise InvalidInput(f"user must be int or str, not {type(user).__name__}.")


def plain_value(value: Any) -> Any:
    """Return the value of a setting as a config file would hold it."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def normalize_settings(settings: Settings) -> Settings:
    """Return settings, perhaps built by hand, with each value as its parser returns it.

    Raises:
        InvalidConfiguration: if a value cannot be used.
    """
    parsed = {}
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        # A URL comes only from its parser, and has no default here.
        if isinstance(value, DatabaseURL) or (value == setting.default and name != "database_url"):
            continue
        normalized = parse(name, plain_value(value), "argument settings")
        if type(normalized) is not type(value):
            parsed[name] = normalized
    return replace(settings, **parsed) if parsed else settings
