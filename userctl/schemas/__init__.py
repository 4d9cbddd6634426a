"""The inputs and results of services, one module per noun.

The command line refers to schemas as ``schemas.users.UserRead``: each module is imported on first
use, so that help does not load pydantic. All other code imports from the modules.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userctl.schemas import adoption as adoption
    from userctl.schemas import audit as audit
    from userctl.schemas import audit_summary as audit_summary
    from userctl.schemas import batches as batches
    from userctl.schemas import credentials as credentials
    from userctl.schemas import database as database
    from userctl.schemas import declaration as declaration
    from userctl.schemas import diagnosis as diagnosis
    from userctl.schemas import keys as keys
    from userctl.schemas import metrics as metrics
    from userctl.schemas import session as session
    from userctl.schemas import setting as setting
    from userctl.schemas import timestamp as timestamp
    from userctl.schemas import tokens as tokens
    from userctl.schemas import transfer as transfer
    from userctl.schemas import user_differences as user_differences
    from userctl.schemas import users as users
    from userctl.schemas import verification as verification
else:

    def __getattr__(name: str) -> object:
        """Import a module of this package on first use (PEP 562)."""
        module = f"{__name__}.{name}"
        if name.startswith("_") or find_spec(module) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return import_module(module)
