"""userctl: a command-line admin tool for users and their tokens, and a library for services.

What a service may import is in ``__all__``. It is imported when it is first used (PEP 562), so that
the command line does not pay for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userctl.config.settings import Settings as Settings
    from userctl.core import errors as errors
    from userctl.library.accounts import Accounts as Accounts
    from userctl.library.accounts import open_accounts as open_accounts

__version__ = "0.1.0"

_EXPORTS = {
    "Accounts": "userctl.library.accounts",
    "Settings": "userctl.config.settings",
    "errors": "userctl.core",
    "open_accounts": "userctl.library.accounts",
}

__all__ = ["Accounts", "Settings", "errors", "open_accounts"]


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_EXPORTS[name])
    return import_module(f"userctl.core.{name}") if name == "errors" else getattr(module, name)
