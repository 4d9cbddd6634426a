"""Which values have a color on a terminal."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from userctl import schemas
from userctl.cli.output.cells import TimeStyle, color, format_value
from userctl.core.clock import utc_now

PRINTED = [
    schemas.users.UserRead,
    schemas.tokens.TokenRead,
    schemas.session.UserSessionRead,
    schemas.keys.KeyRead,
    schemas.audit.AuditEventRead,
    schemas.database.CheckRead,
    schemas.database.Health,
    schemas.database.SchemaStatus,
    schemas.diagnosis.UserDiagnosis,
]


def values() -> Iterator[tuple[str, str]]:
    """Yield each value that a status, a state, an outcome or a verdict may have."""
    for schema in PRINTED:
        fields: dict[str, Any] = schema.model_fields
        for name in {"status", "state", "outcome", "verdict"} & fields.keys():
            # A field that may be None is a union.
            choices = [fields[name].annotation, *get_args(fields[name].annotation)]
            found = [text for choice in choices for text in get_args(choice)]
            yield from ((name, text) for text in found if isinstance(text, str))


@pytest.mark.parametrize(("name", "value"), sorted(set(values())))
def test_every_status_and_every_verdict_has_a_color(name: str, value: str) -> None:
    assert color(name, value).startswith("\x1b[")


@pytest.mark.parametrize(
    ("name", "value"), [("name", "active"), ("status", "other"), ("status", None), ("state", 7)]
)
def test_nothing_else_has_a_color(name: str, value: object) -> None:
    assert color(name, value) == ""


def test_a_digest_is_cut_off_only_where_there_is_little_room() -> None:
    digest = "57d1d199a25e" + "0" * 52
    detail = {"created": 3, "sha256": digest}
    for style, now in ((TimeStyle.BOTH, utc_now()), (TimeStyle.RELATIVE, None)):
        assert format_value("detail", detail, style, now) == f"created: 3, sha256: {digest}"
    shown = format_value("detail", detail, TimeStyle.RELATIVE, utc_now())
    assert shown == "created: 3, sha256: 57d1d199a25e..."


def test_the_tag_of_a_failure_stands_out() -> None:
    assert color("tag", "account:login:failure")
    assert color("tag", "account:login:success") == ""


def test_the_schemas_that_are_looked_at_have_such_fields() -> None:
    assert all(isinstance(schema, type) and issubclass(schema, BaseModel) for schema in PRINTED)
    assert {name for name, _ in values()} >= {"status", "state", "verdict"}
