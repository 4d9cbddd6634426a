"""The errors of an endpoint, as its documentation lists them."""

from http import HTTPStatus
from typing import Any

from userctl.fastapi.problems import MEDIA_TYPE, Problem

_SCHEMA = Problem.model_json_schema()


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of errors with these statuses."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": _SCHEMA}},
        }
        for status in statuses
    }
