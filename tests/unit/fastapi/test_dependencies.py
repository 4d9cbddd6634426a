"""What the endpoints of the router depend on."""

from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from userctl import open_accounts
from userctl.fastapi import router

SECRET_KEY = "a key that only this test knows, of 32 bytes and more"


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for dependency in dependant.dependencies:
        assert dependency.call is not None
        yield dependency.call
        yield from calls(dependency)


def is_coroutine(call: Callable[..., Any]) -> bool:
    return iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__)


def test_only_what_uses_the_database_takes_a_thread(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'never-opened.db'}"
    with open_accounts(url, secret_key=SECRET_KEY) as accounts:
        contexts = iter_route_contexts(router(accounts).routes)
        routes = [context.original_route for context in contexts]

    found = {
        call for route in routes if isinstance(route, APIRoute) for call in calls(route.dependant)
    }
    assert len(found) > 5
    assert [call for call in found if not is_coroutine(call)] == []
