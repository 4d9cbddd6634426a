"""Requests in which a name is given twice: which of the values counts would be a guess."""

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
    single_values(request.query_params.multi_items())
    single_values((await request.form()).multi_items())


def single_values(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return pairs as a dictionary.

    Raises:
        ProblemError: if a name is given twice.
    """
    values = dict(pairs)
    if len(values) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise router_error("invalid_request", f"{quote(name)} is given twice.")
    return values
