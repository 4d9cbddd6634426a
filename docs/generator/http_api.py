"""``reference/http-api.md``, from the OpenAPI document of the router."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI

import userctl
from generator.markdown import code, page, plain, table
from userctl.config.database_url import DatabaseURL
from userctl.config.settings import Settings
from userctl.fastapi import router
from userctl.fastapi.endpoints.responses import BODY, CHANGE, TOKEN
from userctl.fastapi.problems import ROUTER_CODES

INTRODUCTION = """\
`userctl.fastapi.router(accounts)` adds these endpoints to an application: see [the
how-to](../how-to/fastapi.md). The OpenAPI document of the application describes them too, with
types. The prefix of the paths is an argument. The endpoints on this page and the names that
`userctl.fastapi` exports follow [semantic versioning](https://semver.org).

All errors have the same kind of body (RFC 9457), `application/problem+json`:

```json
{{"type": "urn:userctl:error:user_exists", "title": "...", "status": 409, "detail": "...",
 "code": "user_exists", "hint": null}}
```

`code` is stable. It is one of [the router's own](#codes-of-the-router) or of [all
errors](errors.md). At `/auth/token`, `/auth/refresh`, `/auth/introspect` and `/auth/revoke` the
body also has the `error` and `error_description` of OAuth 2 (RFC 6749, section 5.2), such as
`invalid_grant`, with the statuses on this page.

Each endpoint lists its own codes. In addition:

- Every endpoint may answer 503 with `Retry-After` if the database cannot serve, or 500. The log
  says why.
- Endpoints that require a token (`Authorization: Bearer`) answer 401 with `WWW-Authenticate`:
  {token}.
- Endpoints with a request body answer {body}.
  A name that occurs twice is invalid too.
- Endpoints that change something answer 409 ({change}) if a
  trigger or a constraint of the application refuses it.

Responses have `Cache-Control: no-store`, except the public keys. `/metrics` exists only with
`metrics=True`, and `/auth/register` unless `register=False`.

With `cookie=True`, a login, a refresh without a body and a change of the password set the cookie
`__Secure-refresh_token` (`HttpOnly`, `Secure`, `SameSite=Strict`) instead of returning the token,
if the request has the header `X-Refresh-Token: cookie`. A refresh or a logout without a body takes
the token from the cookie.

Fields in brackets are optional."""


def http_api_page() -> str:
    """Return the page of all endpoints."""
    document = _document()
    schemas = document["components"]["schemas"]
    blocks = [
        INTRODUCTION.format(
            token=_code_list(TOKEN),
            body=_by_status(BODY),
            change=_code_list(CHANGE),
        )
    ]
    bodies: dict[str, None] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            blocks += [f"## {method.upper()} {path}", *_operation(operation, schemas, bodies)]
    blocks += ["## Bodies", *_bodies(bodies, schemas)]
    rows = [[code(slug), str(status), plain(text)] for slug, (status, text) in ROUTER_CODES.items()]
    blocks += ["## Codes of the router", table(["code", "status", "meaning"], rows)]
    return page("HTTP API", *blocks)


def _document() -> dict[str, Any]:
    """Return the OpenAPI document; no database is opened for it."""
    settings = Settings(database_url=DatabaseURL.for_sqlite(Path("users.db")))
    app = FastAPI()
    app.include_router(router(userctl.Accounts(settings), cookie=True))
    return app.openapi()


def _operation(
    operation: Mapping[str, Any], schemas: Mapping[str, Any], bodies: dict[str, None]
) -> Iterator[str]:
    yield plain(operation["description"])
    yield "\n".join(f"- {line}" for line in _lines(operation, schemas, bodies))


def _lines(
    operation: Mapping[str, Any], schemas: Mapping[str, Any], bodies: dict[str, None]
) -> Iterator[str]:
    said = set(CHANGE)
    if security := operation.get("security"):
        said |= set(TOKEN)
        yield _token(operation, required={} not in security)
    for place in ("query", "header"):
        names = [one["name"] for one in operation.get("parameters", []) if one["in"] == place]
        if names:
            yield f"{place.title()}: {_code_list(names)}"
    request = operation.get("requestBody", {})
    for kind, body in request.get("content", {}).items():
        said |= set(BODY)
        name = _name(body["schema"])
        if kind == "application/json":
            bodies[name] = None
            yield f"JSON{'' if request.get('required') else ', or none'}: {_link(name)}"
        else:
            yield f"Form: {_fields(schemas[name])}"
    for status, answer in operation["responses"].items():
        if line := _answer(int(status), answer, said, bodies):
            yield line


def _token(operation: Mapping[str, Any], *, required: bool) -> str:
    answer = operation["responses"].get("403", {}).get("description", "")
    said = "An API token" if "api_token_required" in answer else "A token"
    if not required:
        said += ", if the body names no address"
    if role := operation.get("x-role"):
        said += f" of the role {code(role)}"
    if scope := operation.get("x-scope"):
        said += f", with the scope {code(scope)} if it has scopes"
    return said


def _answer(
    status: int, answer: Mapping[str, Any], said: set[str], bodies: dict[str, None]
) -> str | None:
    headers = [code(name) for name in answer.get("headers", {})]
    if status >= 400:
        [body] = answer["content"].values()
        listed = body["schema"]["properties"]["code"].get("enum")
        if listed is None:
            listed = [each for each in answer["description"].partition(": ")[2].split(", ") if each]
        own = [slug for slug in listed if slug not in said]
        with_headers = f", with {', '.join(headers)}" if headers and status != 401 else ""
        return f"**{status}** {_code_list(own)}{with_headers}" if own else None
    text = f"**{status}** {plain(answer['description'])}"
    if name := _name(answer.get("content", {}).get("application/json", {}).get("schema", {})):
        bodies[name] = None
        text += f" {_link(name)}"
    return f"{text} {', '.join(headers)}" if headers else text


def _bodies(bodies: Mapping[str, None], schemas: Mapping[str, Any]) -> Iterator[str]:
    for name in bodies:
        if name not in userctl.__all__:
            schema = schemas[name]
            yield f"### {name}"
            yield plain(schema["description"])
            yield f"- {_fields(schema)}"


def _fields(schema: Mapping[str, Any]) -> str:
    """Return the names of the fields; those in brackets may be left out."""
    required = schema.get("required", [])
    names = [code(name) if name in required else f"[{code(name)}]" for name in schema["properties"]]
    return ", ".join(names)


def _link(name: str) -> str:
    target = "library.md" if name in userctl.__all__ else ""
    return f"[{name}]({target}#{name.lower()})"


def _name(schema: Mapping[str, Any]) -> str:
    """Return the name of the schema that another one refers to, or may refer to."""
    for found in (schema, *schema.get("anyOf", [])):
        if "$ref" in found:
            return str(found["$ref"]).rpartition("/")[2]
    return ""


def _code_list(slugs: Sequence[str]) -> str:
    return ", ".join(map(code, slugs))


def _by_status(slugs: tuple[str, ...]) -> str:
    return ", ".join(f"{ROUTER_CODES[slug][0]} {code(slug)}" for slug in slugs)
