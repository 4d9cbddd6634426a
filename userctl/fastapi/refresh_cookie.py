"""A refresh token in a cookie that scripts cannot read, for applications in a browser.

A client asks for it with a header that a page of another origin cannot send: that would take a
CORS preflight, which the application does not allow. So the header, like ``SameSite`` and
``Origin``, proves that no other site made the browser send the cookie.
"""

from collections.abc import Sequence
from datetime import timedelta

from fastapi import Request, Response

from userctl.fastapi.paths import public_path
from userctl.fastapi.problems import router_error

HEADER = "X-Refresh-Token"
COOKIE = "__Secure-refresh_token"
"""Browsers accept a cookie with this prefix only over TLS (RFC 6265bis, section 4.1.3.1)."""


class RefreshCookie:
    """Sets, reads and deletes the cookie.

    Args:
        lifetime: how long browsers keep it.
        origins: the origins that may send it, besides that of the application.
    """

    def __init__(self, lifetime: timedelta, origins: Sequence[str]) -> None:
        self._seconds = int(lifetime.total_seconds())
        self._origins = frozenset(origins)

    def is_wanted(self, request: Request) -> bool:
        """Tell whether a client wants its refresh token in the cookie."""
        return request.headers.get(HEADER) == "cookie"

    def read(self, request: Request) -> str | None:
        """Return the refresh token of the cookie, if there is one.

        Raises:
            ProblemError: if another site may have set it, or made the browser send it.
        """
        token = request.cookies.get(COOKIE)
        if _count_cookies(request) > 1:
            raise router_error("cookie_refused", "There are several cookies with that name.")
        if token is not None and not (self.is_wanted(request) and self._has_own_origin(request)):
            raise router_error(
                "cookie_refused",
                f"The cookie is accepted with the header '{HEADER}: cookie' and from the "
                "application's own origin.",
            )
        return token

    def set(self, request: Request, response: Response, token: str) -> None:
        """Set the cookie, which the browser sends to all endpoints beside this one."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=self._seconds,
            path=_cookie_path(request),
            secure=True,
            httponly=True,
            samesite="strict",
        )

    def deletion_headers(self, request: Request) -> dict[str, str]:
        """Return the headers that delete the cookie."""
        empty = Response()
        path = _cookie_path(request)
        empty.delete_cookie(COOKIE, path=path, secure=True, httponly=True, samesite="strict")
        return {"Set-Cookie": empty.headers["set-cookie"]}

    def _has_own_origin(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        # A proxy that ends TLS changes the scheme, but not the host.
        return origin.partition("://")[2] == request.headers.get("host")


def _count_cookies(request: Request) -> int:
    """Count the cookies with that name: another host may have set one for the whole domain."""
    pairs = ";".join(request.headers.getlist("cookie")).split(";")
    return sum(pair.partition("=")[0].strip() == COOKIE for pair in pairs)


def _cookie_path(request: Request) -> str:
    """Return the path of all endpoints that set, read or delete the cookie: ``.../auth``."""
    return public_path(request).rpartition("/")[0]
