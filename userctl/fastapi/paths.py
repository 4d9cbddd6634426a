"""The path of a request as its client knows it."""

from urllib.parse import quote

from fastapi import Request


def public_path(request: Request) -> str:
    """Return the path, with what a proxy or an application around this one took off before it."""
    scope = request.scope
    root = scope.get("app_root_path", scope.get("root_path", "")).rstrip("/")
    path = scope["path"]
    # By the specification of ASGI the path begins with the root path; not every server does so.
    return quote(path if path.startswith(f"{root}/") else f"{root}{path}")
