"""The JSON Schema of users as code, as editors use it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from userctl.core.errors import DeclarationInvalid
from userctl.formats.declarations.reader import read_declaration
from userctl.schemas.declaration import Declaration, DeclaredToken, DeclaredUser, declaration_schema

SCHEMA = declaration_schema()
ADA = {"email": "ada@example.com"}
GOOD: list[dict[str, Any]] = [
    {"users": []},
    {"$schema": "./users.schema.json", "set": "team", "users": [ADA]},
    {"users": [{**ADA, "name": None, "role": "admin", "status": "disabled", "adopt": True}]},
    {"users": [{**ADA, "state": "absent"}]},
    {"users": [{**ADA, "generate": True, "password_version": 2, "state": "created"}]},
    {"users": [{**ADA, "api_tokens": [{"label": "ci", "scope": ["deploy"], "expires": "never"}]}]},
]
BAD: list[Any] = [
    [],
    {"set": "team"},
    {"users": {}},
    {"users": [{}]},
    {"users": ["ada@example.com"]},
    {"users": [{**ADA, "password": "x"}]},
    {"users": [{**ADA, "name": 7}]},
    {"users": [{**ADA, "name": "x" * 101}]},
    {"users": [{**ADA, "status": "activ"}]},
    {"users": [{**ADA, "state": "gone"}]},
    {"users": [{**ADA, "generate": "yes"}]},
    {"users": [{**ADA, "password_version": 0, "generate": True}]},
    {"users": [{**ADA, "api_tokens": [{"scope": []}]}]},
    {"users": [{**ADA, "api_tokens": [{"label": "ci", "expires": "3 days"}]}]},
    {"users": [], "set": "x" * 51},
    {"users": [], "sett": "x"},
]


def read(tmp_path: Path, document: Any) -> Declaration:
    path = tmp_path / "users.json"
    path.write_text(json.dumps(document))
    return read_declaration([path])


@pytest.mark.parametrize("document", GOOD)
def test_the_schema_accepts_what_is_read(tmp_path: Path, document: Any) -> None:
    Draft202012Validator(SCHEMA).validate(document)
    read(tmp_path, document)


@pytest.mark.parametrize("document", BAD)
def test_the_schema_refuses_what_is_refused(tmp_path: Path, document: Any) -> None:
    assert not Draft202012Validator(SCHEMA).is_valid(document)
    with pytest.raises(DeclarationInvalid):
        read(tmp_path, document)


def test_the_schema_is_valid_and_describes_every_field() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for model in (Declaration, DeclaredUser, DeclaredToken):
        assert all(field.description for field in model.model_fields.values())
