"""What calls of the library take, checked."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from userctl.core.errors import InvalidInput

M = TypeVar("M", bound=BaseModel)


def checked(kind: type[M], **values: Any) -> M:
    """Return values as the services take them.

    Raises:
        InvalidInput: if one is not of its type, or not one of those that there are. The message
            names it without what was given, which may be a secret.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        told = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}." for each in found)
        raise InvalidInput(" ".join(told)) from None
