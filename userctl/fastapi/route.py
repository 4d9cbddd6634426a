"""The handling of a request: it is bounded, counted, and never answered with a traceback."""

import json
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from userctl.fastapi.duplicates import dict_without_duplicates
from userctl.fastapi.oauth import oauth_errors, oauth_problem
from userctl.fastapi.problems import NO_STORE, has_handler, problem_response, router_error
from userctl.fastapi.service import Service, ServiceRoute

LONGEST_BODY = 65_536
"""The longest body, in bytes; no sensible one is a tenth of that."""

CLIENT_LEFT = 499
"""The status that nginx uses if the client has left; only logs and metrics see it."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class BoundedRequest(Request):
    """A request whose body is refused if it is too long, or ambiguous."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces of the body.

        Raises:
            ProblemError: if it is too long.
        """
        length = 0
        async for piece in super().stream():
            length += len(piece)
            if length > LONGEST_BODY:
                detail = f"The body of a request has at most {LONGEST_BODY:,} bytes."
                raise router_error("body_too_large", detail)
            yield piece

    async def json(self) -> Any:
        """Return the value of the body.

        Raises:
            ProblemError: if a name is given twice in an object.
        """
        return json.loads(await self.body(), object_pairs_hook=dict_without_duplicates)


class AccountsRoute(ServiceRoute):
    """A route of a router."""

    def get_route_handler(self) -> Handler:
        """Return the function that answers a request."""
        answer = super().get_route_handler()
        errors = oauth_errors(self.endpoint)
        options = {} if errors is None else {"extend": partial(oauth_problem, errors=errors)}

        async def handle(request: Request) -> Response:
            started_at = time.perf_counter()
            try:
                response = await answer(BoundedRequest(request.scope, request.receive))
            except ClientDisconnect:
                response = Response(status_code=CLIENT_LEFT)
            except Exception as error:
                # Dependencies that the application added may raise its own errors.
                if has_handler(request.app, error):
                    raise
                response = problem_response(error, **options)
            # Nearly every response contains a token or a user.
            response.headers.setdefault("Cache-Control", NO_STORE["Cache-Control"])
            if (metrics := self.service.metrics) is not None:
                seconds = time.perf_counter() - started_at
                metrics.count(request.method, self.path_format, response.status_code, seconds)
            return response

        return handle


def route_class(service: Service) -> type[AccountsRoute]:
    """Return the class of the routes of one router."""
    return type("BoundRoute", (AccountsRoute,), {"service": service})
