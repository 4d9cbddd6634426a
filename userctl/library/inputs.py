"""What calls of the library take, checked."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

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
