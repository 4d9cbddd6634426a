"""Requests that are generated from the OpenAPI document, and what is answered to them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.conftest import PASSWORD
from tests.integration.fastapi.conftest import ADMIN, API, Caller, code_of
from tests.support.marks import repeat
from userctl import Accounts

MANY = 100

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)
PLAUSIBLE = st.sampled_from(
    [PASSWORD, ADMIN, "ada@example.com", "admin", "user", "active", "disabled", "password", True, 1]
)
VALUE = PLAUSIBLE | JUNK
TEXT = VALUE.map(str)
TAGS = st.sampled_from([None, None, "*", '"x"', 'W/"x", "y"', "\xff,"])


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the method, the path and the description of all that may be called."""
    return [
        (method.upper(), path.removeprefix(API), operation)
        for path, methods in document["paths"].items()
        if path.startswith(API)
        for method, operation in methods.items()
    ]


def fields(document: dict[str, Any], operation: dict[str, Any]) -> tuple[str | None, list[str]]:
    """Return the media type of a body, and the names of what it holds."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        schema = next((each for each in schema.get("anyOf", [schema]) if "$ref" in each), schema)
        name = schema["$ref"].rpartition("/")[2]
        return media_type, list(document["components"]["schemas"][name]["properties"])
    return None, []


@st.composite
def requests(draw: st.DrawFn, document: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Generate the arguments of a request."""
    method, path, operation = draw(st.sampled_from(operations(document)))
    path = path.replace("{user_id}", draw(st.sampled_from(["1", "2", "3", "0", "-1", "%00", "x"])))
    queried = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    sent: dict[str, Any] = {"params": draw(some_of(queried, TEXT))}
    media_type, names = fields(document, operation)
    if media_type == "application/json":
        sent["json"] = draw(some_of([*names, "x"], VALUE) | JUNK)
    elif media_type is not None:
        sent["data"] = draw(some_of(names, TEXT))
    tags = {name: draw(TAGS) for name in ("If-Match", "If-None-Match")}
    sent["headers"] = {name: tag.encode("latin-1") for name, tag in tags.items() if tag}
    return method, path, sent


def some_of(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Generate values for some of these names."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


@repeat("count", few=20, soak=2000)
def test_no_generated_request_fails_unexpectedly(
    accounts: Accounts, call: Caller, count: int
) -> None:
    """``Caller`` compares each answer with what the document says of it."""
    for number in range(3):
        accounts.users.create(f"u{number}@example.com")
    # No request names the id of the admin, who gets a new token for each: others may end it.
    admin = accounts.users.create(ADMIN, password=PASSWORD, role="admin")
    document = call.client.app.openapi()  # type: ignore[attr-defined]

    # The few are always the same: what a run finds by chance is for the full count.
    @settings(
        max_examples=count,
        derandomize=count < MANY,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.integers(0, 3), requests(document))
    def run(anonymous: int, request: tuple[str, str, dict[str, Any]]) -> None:
        method, path, sent = request
        token = accounts.tokens.issue(admin.id, "generated").token
        caller = call.as_bearer(token) if anonymous < 3 else call
        answer = caller(method, path, **sent)
        assert answer.status_code != 500, answer.text
        if answer.is_error:
            code_of(answer)

    run()
