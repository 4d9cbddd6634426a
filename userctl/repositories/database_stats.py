"""Queries on the database as a whole: how many rows there are, and what time it is there."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from userctl.models import ApiToken, AuditEvent, DeletedUser, LoginThrottle, RefreshToken, User


class DatabaseStatsRepository:
    """What is known of all tables together, and of the server."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def newest(self) -> datetime | None:
        """Return when the newest user or token was created, as far as ids tell."""
        newest = [
            self._session.exec(
                select(model.created_at).order_by(col(model.id).desc()).limit(1)
            ).first()
            for model in (User, RefreshToken, ApiToken)
        ]
        return max((time for time in newest if isinstance(time, datetime)), default=None)

    def server_time(self) -> datetime | None:
        """Return the time by the clock of the server; None where there is no server."""
        if self._session.connection().dialect.name == "sqlite":
            return None
        return self._session.execute(select(func.clock_timestamp())).scalar()

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return {
            str(model.__tablename__): self._session.execute(
                select(func.count()).select_from(model)
            ).scalar_one()
            for model in (User, DeletedUser, RefreshToken, ApiToken, LoginThrottle, AuditEvent)
        }
