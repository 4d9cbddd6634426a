"""No request makes the router fail, and each answer is one that the OpenAPI document tells of."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import ADMIN, API, EMAIL, Caller, logged_in
from userctl import Accounts

TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from([EMAIL, ADMIN, PASSWORD, "", "1", "2", "\0", "é" * 300, "a" * 5000, '"1"']),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), TEXT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "If-Match",
            "Origin",
            "X-Forwarded-For",
            "Content-Type",
            "Accept",
            "Cookie",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    max_size=2,
)


def operations(app: Any) -> list[tuple[str, str, list[str], list[str]]]:
    """Return the operations of the document: method, path, parameters and fields of the body."""
    document = app.openapi()
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parameters = [each["name"] for each in operation.get("parameters", [])]
            content = operation.get("requestBody", {}).get("content", {})
            fields: list[str] = []
            for each in content.values():
                schema = each["schema"]
                if "$ref" in schema:
                    name = schema["$ref"].rpartition("/")[2]
                    schema = document["components"]["schemas"][name]
                fields += list(schema.get("properties", {}))
            found.append((method.upper(), path.removeprefix(API), parameters, fields))
    return found


def check_requests(call: Caller, tokens: list[str], count: int) -> None:
    """Send requests that are put together from the document, and from other things."""
    known = operations(call.client.app)

    @settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(known), st.data())
    def check(operation: tuple[str, str, list[str], list[str]], data: st.DataObject) -> None:
        method, path, parameters, fields = operation
        path = path.replace("{user_id}", data.draw(st.sampled_from(["1", "2", "99", str(2**63)])))
        query = {name: data.draw(TEXT) for name in parameters if data.draw(st.booleans())}
        headers = data.draw(HEADERS)
        token = data.draw(st.sampled_from([None, *tokens]))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        values = {name: data.draw(VALUES) for name in fields if data.draw(st.booleans())}
        kind = data.draw(st.sampled_from(["json", "form", "raw", "none"]))
        request: dict[str, Any] = {}
        if kind == "json":
            request["content"] = json.dumps(values)
            headers.setdefault("Content-Type", "application/json")
        elif kind == "form":
            request["data"] = {name: str(value) for name, value in values.items()}
            headers.pop("Content-Type", None)
        elif kind == "raw":
            request["content"] = data.draw(st.binary(max_size=50))
        answer = call(method, path, params=query, headers=headers, **request)
        assert answer.status_code != 500, answer.text

    check()


@pytest.fixture
def tokens(accounts: Accounts, call: Caller) -> list[str]:
    """The tokens of a user and of an admin, and others."""
    found = [
        logged_in(accounts, call, email, role=role).headers["Authorization"].partition(" ")[2]
        for email, role in ((EMAIL, "user"), (ADMIN, "admin"))
    ]
    return [*found, f"{found[0]}x", "x"]


def test_a_request_of_any_kind_gets_an_answer_that_is_documented(
    call: Caller, tokens: list[str]
) -> None:
    check_requests(call, tokens, 60)


@pytest.mark.soak
def test_two_thousand_requests_of_any_kind_get_no_500(call: Caller, tokens: list[str]) -> None:
    check_requests(call, tokens, 2000)
