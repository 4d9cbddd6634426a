"""Queries on ``login_throttles``."""

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

from sqlalchemy import CursorResult
from sqlmodel import Session, case, col, delete, func, or_, select, update

from userctl.core.errors import ChangeIgnored
from userctl.models import LoginThrottle
from userctl.repositories.changes import KEEP_ROWCOUNT, change, require_count
from userctl.repositories.full_windows import FullWindows, is_in_use

_address, _source = col(LoginThrottle.address), col(LoginThrottle.source)
_charges, _charged_at = col(LoginThrottle.charges), col(LoginThrottle.charged_at)
_ends_at, _expires_at = col(LoginThrottle.window_ends_at), col(LoginThrottle.expires_at)


class Window(NamedTuple):
    """A window of a bucket, with the number of its charges; a full one takes no more."""

    ends_at: datetime
    charges: int
    is_full: bool = False


class LoginThrottleRepository:
    """The buckets to which logins are charged."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def bucket(self, address: str, source: str, trusted_since: datetime) -> LoginThrottle | None:
        """Return the bucket of a source with a login since a time, or else the shared bucket."""
        query = (
            select(LoginThrottle)
            .where(_address == address, is_in_use(trusted_since), _source.in_(("", source)))
            .order_by(_source.desc())
            .limit(1)
        )
        return self._session.exec(query).first()

    def charge(self, row: LoginThrottle, *, limit: int, latest_end: datetime) -> Window:
        """Charge one login, in one atomic statement, to the current window or to a new one.

        Args:
            row: the row to insert if this charge is the first in its window.
            limit: how many charges a window allows.
            latest_end: a window that ends later than this counts as over.

        Returns:
            The window; if it is full, nothing was changed.
        """
        is_over = or_(_ends_at <= row.charged_at, _ends_at > latest_end)
        insert = self._insert(row)
        new_row = insert.excluded
        statement = insert.on_conflict_do_update(
            index_elements=[_address, _source],
            set_={
                "charges": case((is_over, new_row.charges), else_=_charges + 1),
                "window_ends_at": case((is_over, new_row.window_ends_at), else_=_ends_at),
                "charged_at": new_row.charged_at,
                # A charge must not shorten how long an earlier success is remembered.
                "expires_at": case(
                    (_expires_at > new_row.expires_at, _expires_at), else_=new_row.expires_at
                ),
            },
            where=or_(is_over, _charges < limit),
        )
        window: Any = self._execute(statement.returning(_ends_at, _charges)).one_or_none()
        if window is not None:
            return Window(window[0], window[1])
        key = (_address == row.address, _source == row.source)
        full: Any = select(_ends_at, _charges).where(*key, ~is_over, _charges >= limit)
        window = self._session.execute(full).first()
        if window is None:
            raise ChangeIgnored("INSERT", "login_throttles")
        return Window(window[0], window[1], is_full=True)

    def get(self, address: str, source: str) -> LoginThrottle | None:
        """Return the bucket of a source."""
        return self._session.get(LoginThrottle, (address, source))

    def count_refusals(self, address: str, source: str, number: int) -> None:
        """Count the logins that a full window refused, as charges beyond the limit."""
        # A value that another program damaged would become a number.
        new_charges = case((_charges + number > _charges, _charges + number), else_=_charges)
        statement = update(LoginThrottle).values(charges=new_charges)
        change(self._session, statement, _address == address, _source == source, expected=1)

    def charged_addresses(self, addresses: Sequence[str]) -> set[str]:
        """Return which of some addresses have charges."""
        query = select(_address).where(_address.in_(addresses), _charges != 0)
        return {*self._session.exec(query)}

    def refund(
        self,
        address: str,
        source: str,
        *,
        window_ends_at: datetime,
        charged_at: datetime,
        charged_before: datetime,
    ) -> None:
        """Remove one charge of a window, and its time unless there was a later charge."""
        window = (_address == address, _source == source, _ends_at == window_ends_at)
        previous = case((_charged_at == charged_at, charged_before), else_=_charged_at)
        statement = update(LoginThrottle).values(charges=_charges - 1, charged_at=previous)
        change(self._session, statement, *window, _charges > 0, expected=1)

    def replace(self, row: LoginThrottle) -> None:
        """Insert a row, or replace the existing one."""
        insert = self._insert(row)
        values = {column.name: column for column in insert.excluded}
        upsert = insert.on_conflict_do_update(index_elements=[_address, _source], set_=values)
        count = self._execute(upsert.execution_options(**KEEP_ROWCOUNT)).rowcount
        require_count("INSERT", "login_throttles", count, 1)

    def reset(self, addresses: Sequence[str], now: datetime) -> None:
        """Remove all charges of addresses and end their windows."""
        statement = update(LoginThrottle).values(charges=0, window_ends_at=now)
        change(self._session, statement, _address.in_(addresses), _charges != 0)

    def failures(self, address: str, since: datetime, *, limit: int) -> tuple[int, datetime | None]:
        """Return the number of charges in windows that end after a time, and the last charge."""
        # Two sums, because the first fails if another program has written an absurd number.
        refusals = case((_charges > limit, _charges - limit), else_=0)
        failure_count = func.sum(_charges) - func.sum(refusals)
        query = select(func.coalesce(failure_count, 0), func.max(_charged_at)).where(
            _address == address, _ends_at > since, _charges > 0
        )
        count, last = self._session.exec(query).one()
        return int(count), last

    def full_until(self, address: str, full: FullWindows) -> datetime | None:
        """Return when the last full window of an address ends."""
        query = select(func.max(_ends_at)).where(_address == address, *full.conditions())
        return self._session.exec(query).one()

    def delete_expired(self, now: datetime, limit: int) -> Sequence[Any]:
        """Delete some expired rows, but none that another transaction has locked; return them."""
        batch = (
            select(_address, _source, _charges, _ends_at)
            .where(_expires_at <= now)
            .order_by(_expires_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = self._session.exec(batch).all()
        for address, source, *_ in rows:
            key = (_address == address, _source == source)
            change(self._session, delete(LoginThrottle), *key, expected=1)
        return rows

    def _insert(self, row: LoginThrottle) -> Any:
        # Each dialect has its own, and importing the other one takes long.
        dialect = self._session.connection().dialect.name
        insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
        return insert(LoginThrottle).values(row.model_dump())

    def _execute(self, statement: Any) -> CursorResult[Any]:
        return self._session.connection().execute(statement)
