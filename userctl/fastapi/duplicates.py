"""Requests that give a name twice: choosing one of the values would be a guess."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import Request

from userctl.core.text import quote
from userctl.fastapi.problems import router_error


async def refuse_repeated_parameters(request: Request) -> None:
    """Make sure that no parameter of the query or of a form is given twice (RFC 6749, section 3.2).

    Raises:
        ProblemError: if one is.
    """
    dict_without_duplicates(request.query_params.multi_items())
    dict_without_duplicates((await request.form()).multi_items())


def dict_without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a dictionary.

    Raises:
        ProblemError: if a name is given twice.
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise router_error("invalid_request", f"{quote(name)} is given twice.")
    return values
