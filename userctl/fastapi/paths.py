"""The path of a request as the client sent it."""

from urllib.parse import quote

from fastapi import Request


def public_path(request: Request) -> str:
    """Return the path, with the prefix that a proxy or an outer application removed."""
    scope = request.scope
    root = scope.get("app_root_path", scope.get("root_path", "")).rstrip("/")
    path = scope["path"]
    # ASGI specifies that the path includes the root path, but not every server complies.
    return quote(path if path.startswith(f"{root}/") else f"{root}{path}")
