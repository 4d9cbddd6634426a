"""Continues the audit trail of a restored dump, in the transaction that restores it.

The transaction is psql's, so the statements are text. The values in them may come from anyone.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from userctl.db.schema.revisions import VERSION_TABLE, revisions
from userctl.repositories.new_events import COLUMNS, NewEvent, TrailHead, next_rows

LAST_EVENT_QUERY = f"""
SELECT (SELECT max(version_num) FROM {VERSION_TABLE}), id, hash, extract(epoch FROM time)
FROM (SELECT 1) AS one LEFT JOIN audit_events ON id = (SELECT max(id) FROM audit_events);
"""  # noqa: S608
"""The query for the revision and the last event, which prints one line."""


def has_trail(tables: Collection[str]) -> bool:
    """Tell whether a dump with these tables has an audit trail."""
    return {VERSION_TABLE, "audit_events"} <= {*tables}


def append_sql(line: str, event: NewEvent) -> str:
    """Return the statements that append an event, none if this userctl does not know the trail.

    Args:
        line: the line that ``LAST_EVENT_QUERY`` printed, with ``|`` between the columns.
        event: the event.
    """
    revision, number, digest, epoch = line.split("|")
    if revision not in revisions():
        return ""
    head = TrailHead(int(number), digest, _time(epoch)) if number else None
    rows = next_rows(head, [event])
    values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    return f"INSERT INTO audit_events ({', '.join(COLUMNS)}) VALUES {values};"  # noqa: S608


def _time(epoch: str) -> datetime | None:
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(float(epoch), UTC)
    return None


def _literal(value: Any) -> str:
    """Return a value as SQL that reads the same whatever the settings of the session are."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz"
    if isinstance(value, int):
        return str(value)
    return f"convert_from(decode('{value.encode().hex()}', 'hex'), 'UTF8')"
