"""Metrics of a database."""

from userctl.core.clock import Clock
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.models.unreadable_values import display_text
from userctl.repositories.audit_events import EventFilter
from userctl.schemas.audit import AuditTag
from userctl.schemas.metrics import AccountCount, LastPurge, Metrics, SchemeCount
from userctl.services.audit.trail import event_read
from userctl.services.shared.records import validate_record


class MetricsService:
    """The use case that collects metrics; it reads whole tables."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def collect(self) -> Metrics:
        """Return all counts as of one moment."""
        now = self._clock()
        with self._database.snapshot() as uow:
            return Metrics(
                accounts=[
                    AccountCount(role=display_text(role), status=status, count=count)
                    for role, status, count in uow.users.count_by_role_and_status()
                ],
                password_schemes=[
                    SchemeCount(scheme=scheme, count=count)
                    for scheme, count in uow.users.count_by_password_scheme()
                ],
                refresh_tokens=uow.refresh_tokens.count_by_state(now),
                api_tokens=uow.api_tokens.count_by_state(now),
                oldest_expired_at=uow.token_purge.earliest_expiry(now),
                login_failures=uow.audit_events.count(AuditTag.LOGIN_FAILURE),
                last_purge=_last_purge(uow),
            )


def _last_purge(uow: UnitOfWork) -> LastPurge | None:
    found = uow.audit_events.last_page(EventFilter(tags=[AuditTag.TOKEN_PURGE_END]), limit=1)
    if not found:
        return None
    event = event_read(found[0])
    return validate_record(
        LastPurge,
        "audit_events",
        event.id,
        time=event.time,
        deleted=event.detail.get("deleted"),
        remaining=event.detail.get("remaining"),
        outcome=event.detail.get("stopped_by") or "finished",
    )
