"""userctl: a command-line admin tool for users and their tokens, and a library for services.

What a service may use is in ``__all__``, and changes as semantic versioning allows. Each name is
imported when it is first used (PEP 562), so that the command line does not pay for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userctl.config.settings import Settings as Settings
    from userctl.core import errors as errors
    from userctl.library.accounts import Accounts as Accounts
    from userctl.library.accounts import open_accounts as open_accounts
    from userctl.schemas.database import Health as Health
    from userctl.schemas.database import RevokeResult as RevokeResult
    from userctl.schemas.page import Page as Page
    from userctl.schemas.session import EndedSessions as EndedSessions
    from userctl.schemas.session import Grant as Grant
    from userctl.schemas.session import UserSessionRead as UserSessionRead
    from userctl.schemas.tokens import AccessClaims as AccessClaims
    from userctl.schemas.tokens import ApiTokenClaims as ApiTokenClaims
    from userctl.schemas.tokens import ApiTokenIssued as ApiTokenIssued
    from userctl.schemas.tokens import TokenPair as TokenPair
    from userctl.schemas.users import UserCreated as UserCreated
    from userctl.schemas.users import UserRead as UserRead
    from userctl.schemas.verification import Introspection as Introspection
    from userctl.schemas.verification import VerifiedToken as VerifiedToken

__version__ = "0.1.0"

_MODULES = {
    "AccessClaims": "schemas.tokens",
    "Accounts": "library.accounts",
    "ApiTokenClaims": "schemas.tokens",
    "ApiTokenIssued": "schemas.tokens",
    "EndedSessions": "schemas.session",
    "Grant": "schemas.session",
    "Health": "schemas.database",
    "Introspection": "schemas.verification",
    "Page": "schemas.page",
    "RevokeResult": "schemas.database",
    "Settings": "config.settings",
    "TokenPair": "schemas.tokens",
    "UserCreated": "schemas.users",
    "UserRead": "schemas.users",
    "UserSessionRead": "schemas.session",
    "VerifiedToken": "schemas.verification",
    "open_accounts": "library.accounts",
}

__all__ = [
    "AccessClaims",
    "Accounts",
    "ApiTokenClaims",
    "ApiTokenIssued",
    "EndedSessions",
    "Grant",
    "Health",
    "Introspection",
    "Page",
    "RevokeResult",
    "Settings",
    "TokenPair",
    "UserCreated",
    "UserRead",
    "UserSessionRead",
    "VerifiedToken",
    "errors",
    "open_accounts",
]


def __getattr__(name: str) -> object:
    if name == "errors":
        return import_module("userctl.core.errors")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"userctl.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
