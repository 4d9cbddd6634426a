"""What calls of the library take, checked."""

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
"""What names a user: the id, or the e-mail address."""


def checked(kind: type[M], **values: Any) -> M:
    """Return values as the services take them.

    Raises:
        InvalidInput: if one is not of its type, or not one of those that there are. The message
            names it without what was given, which may be a secret.
    """
    try:
        return kind.model_validate(values, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        told = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}." for each in found)
        raise InvalidInput(" ".join(told)) from None


def typed(value: T, kind: type[T], name: str) -> T:
    """Return an argument that is of its type.

    Raises:
        InvalidInput: if it is not. The message does not repeat it, since it may be a secret.
    """
    if isinstance(value, kind):
        return value
    raise InvalidInput(f"{name} must be {kind.__name__}, not {type(value).__name__}.")


def user_reference(user: UserReference) -> str:
    """Return what names a user, as the services take it.

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


def usable_settings(settings: Settings) -> Settings:
    """Return settings that may have been made by hand, with each value as its parser returns it.

    Raises:
        InvalidConfiguration: if a value cannot be used.
    """
    parsed = {}
    for name, setting in SETTINGS.items():
        value = getattr(settings, name)
        # No one but its parser makes a URL, which has no default here.
        if isinstance(value, DatabaseURL) or (value == setting.default and name != "database_url"):
            continue
        found = parse(name, plain_value(value), "argument settings")
        if type(found) is not type(value):
            parsed[name] = found
    return replace(settings, **parsed) if parsed else settings
