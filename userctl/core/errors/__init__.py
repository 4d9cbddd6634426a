"""The typed errors of userctl, a file per group.

Each has a stable ``code`` that scripts may match on, a one-line message that says what is wrong
with which value (never a secret), and a hint that says what to do. The docstring of a class is the
meaning of its code in ``docs/reference/errors.md``.
"""

# An error is declared once, in its group, and everything declared there is public.
from userctl.core.errors.authentication import *  # noqa: F403
from userctl.core.errors.base import *  # noqa: F403
from userctl.core.errors.conflict import *  # noqa: F403
from userctl.core.errors.database import *  # noqa: F403
from userctl.core.errors.input import *  # noqa: F403
from userctl.core.errors.io import *  # noqa: F403
from userctl.core.errors.not_found import *  # noqa: F403
