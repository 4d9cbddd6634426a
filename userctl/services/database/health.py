"""The health of the database."""

from collections.abc import Callable

from sqlalchemy import Engine

import userctl
from userctl.core.clock import Clock
from userctl.core.errors import UserctlError
from userctl.db.execution_options import PATIENCE
from userctl.db.schema.revisions import require_current
from userctl.schemas.database import Health

PATIENCE_SECONDS = 3
"""How long a check waits for a locked database. Monitors wait for seconds only."""


class HealthService:
    """Answers health checks; changes and creates nothing."""

    def __init__(self, open_engine: Callable[[], Engine], *, clock: Clock) -> None:
        self._open_engine = open_engine
        self._clock = clock

    def check(self) -> tuple[Health, UserctlError | None]:
        """Return the state of the database, and the error if it cannot serve."""
        failure: UserctlError | None = None
        try:
            require_current(self._open_engine().execution_options(**{PATIENCE: PATIENCE_SECONDS}))
        except UserctlError as error:
            failure = error
        health = Health(
            status="healthy" if failure is None else "unhealthy",
            timestamp=self._clock(),
            database="connected" if failure is None else failure.code,
            version=userctl.__version__,
        )
        return health, failure
