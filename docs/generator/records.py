"""``reference/audit-events.md``, ``reference/metrics.md`` and ``reference/schema.md``."""

from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.dialects import registry
from sqlalchemy.schema import Column, Table

from generator.markdown import code, page, plain, table
from userctl import models
from userctl.cli.command_table import SCHEDULED
from userctl.core.failure_cause import FailureCause
from userctl.db.schema.migrations import first_revision
from userctl.fastapi.metrics import RequestMetrics
from userctl.formats.prometheus import exposition
from userctl.models.base import Base
from userctl.schemas.audit import AuditEventRead, AuditTag, outcome_of
from userctl.schemas.metrics import AccountCount, CommandRun, LastPurge, Metrics, SchemeCount

if TYPE_CHECKING:
    from userctl.fastapi.workers import Workers

SQLITE, POSTGRESQL = (registry.load(name)() for name in ("sqlite", "postgresql"))

AUDIT = """\
A tag names a subject, an action and, if the action may fail, its outcome. The beginning of a tag,
up to a colon, selects all tags that start with it: `userctl audit list --tag account:login`. See
[the audit trail](../explanation/audit-chain.md) for what is recorded and what the hashes prove."""

TRACES = """\
Within a trace, the detail of each event also has the `trace_id` (32 hexadecimal digits), which the
hash covers like the rest of the detail: see [traces](../how-to/traces.md)."""

CAUSES = """\
In the detail of `account:login:failure` and `api_token:verify:failure`, `reason` is the
[error code](errors.md) that the caller received, and `cause` is the actual cause: one from this
table, or the error code if it already says everything. The caller learns only the reason, and the
time of the answer does not depend on the cause. An event about an API token concerns the owner of
the token and also has the id of the `token`. With `other_owner`, `claimed` is the address that was
given with the token."""

METRICS = """\
`userctl metrics` (extra `metrics`) prints the text format of Prometheus, and `--textfile FILE`
writes it for the textfile collector of node_exporter. The command reads whole tables, which takes
seconds for millions of rows. A metric without a value is left out, such as the last purge before
the first one has run. If the database cannot be read, the output has only `userctl_up` and the
metrics of commands, and the exit code is 6."""

RUNS = """\
The values of `command` are {commands}.

Each run of these commands is recorded when it ends, whatever started it and however it ended. The
record is kept for each database in the state folder of the operating system user
(`~/.local/state/userctl`, or `$XDG_STATE_HOME/userctl`), so `userctl metrics` reports only the runs
of the same user on the same machine.

These runs are not recorded: a `--dry-run`, a run that `kill -9` ends, a run whose options or
settings cannot be read, and a run that finds no embedded database. The time of the last run then
does not change, so alert on its age too."""

ROUTER = """\
`userctl.fastapi.router(accounts, metrics=True)` adds `/metrics` with these metrics: see [a service
built with FastAPI](../how-to/fastapi.md). `path` is the template of the route, with `{user_id}` in
place of an id."""

SCHEMA = """\
Another program may read and write `users` and `refresh_tokens`: see [sharing the
tables](../explanation/sharing-tables.md). An application may already have the columns marked
*shared*. `userctl` adds the others, each nullable or with a default, so an `INSERT` may leave them
out. The remaining tables belong to `userctl`. Alembic's version table is `userctl_version`."""


def audit_page() -> str:
    """Return the page of audit tags."""
    rows = [[code(tag.value), outcome_of(tag), plain(tag.meaning)] for tag in AuditTag]
    causes = [[code(cause.value), plain(cause.meaning)] for cause in FailureCause]
    keys = ", ".join(code(name) for name in AuditEventRead.model_fields)
    return page(
        "Audit events",
        AUDIT,
        f"Each event has {keys}; see [JSON output](json-output.md#auditeventread).",
        TRACES,
        table(["tag", "outcome", "what happened"], rows),
        "## Why an authentication failed",
        CAUSES,
        table(["cause", "what it means"], causes),
    )


def metrics_page() -> str:
    """Return the page of metrics, from those of an example."""
    time = datetime(2026, 1, 1, tzinfo=UTC)
    example = Metrics(
        accounts=[AccountCount(role="user", status="active", count=1)],
        password_schemes=[SchemeCount(scheme="bcrypt", count=1)],
        refresh_tokens={"active": 1},
        api_tokens={"active": 1},
        oldest_expired_at=time,
        login_failures=1,
        last_purge=LastPurge(time=time, deleted=1, remaining=0, outcome="finished"),
    )
    runs = [CommandRun(command="token purge", ended_at=time, exit_code=0, seconds=1)]
    requests = RequestMetrics(cast("Workers", SimpleNamespace()))
    requests.count("GET", "/health", 200, 0.1)
    requests.count_login("success")
    return page(
        "Metrics",
        METRICS,
        _metrics_table(exposition(example, runs)),
        RUNS.format(commands=", ".join(map(code, SCHEDULED))),
        "## Metrics of the router",
        ROUTER,
        _metrics_table(requests.exposition().decode()),
    )


def _metrics_table(text: str) -> str:
    from prometheus_client.parser import text_string_to_metric_families

    rows = []
    for family in text_string_to_metric_families(text):
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        if family.name.endswith("_created"):
            continue
        name = family.name if family.type == "histogram" else family.samples[0].name
        listed = ", ".join(map(code, labels))
        rows.append([code(name), family.type, listed, plain(family.documentation)])
    return table(["metric", "type", "labels", "meaning"], rows)


def schema_page() -> str:
    """Return the page of tables and columns."""
    shared = _shared(first_revision())
    blocks = [SCHEMA]
    tables = Base.metadata.sorted_tables
    for found in sorted(tables, key=lambda one: (one.name not in shared, one.name != "users")):
        model = next(m for m in _models() if m.__table__ is found)
        blocks += [f"## {found.name}", *map(plain, (model.__doc__ or "").split("\n\n"))]
        blocks += [_columns(found, shared.get(found.name, set()))]
        if indexes := _indexes(found):
            blocks.append(f"Indexes: {indexes}.")
    return page("Tables and columns", *blocks)


def _models() -> list[Any]:
    return [getattr(models, name) for name in models.__all__ if name != "TABLES"]


def _shared(revision: ModuleType) -> dict[str, set[str]]:
    return {
        "users": {column.name for column in revision.users_columns()},
        "refresh_tokens": {column.name for column in revision.refresh_tokens_columns()},
    }


def _columns(found: Table, shared: set[str]) -> str:
    rows = [
        [
            code(column.name),
            code(column.type.compile(dialect=SQLITE)),
            code(column.type.compile(dialect=POSTGRESQL)),
            "yes" if column.nullable else "no",
            _details(column, shared),
        ]
        for column in found.columns
    ]
    return table(["column", "SQLite", "PostgreSQL", "null", "details"], rows)


def _details(column: "Column[Any]", shared: set[str]) -> str:
    details = ["shared"] if column.name in shared else []
    if column.primary_key:
        details.append("primary key")
    if column.unique:
        details.append("unique")
    details += [
        f"refers to `{key.target_fullname}`, `ON DELETE {key.ondelete}`"
        for key in column.foreign_keys
    ]
    if column.server_default is not None:
        text = getattr(column.server_default, "arg", "")
        details.append(f"default {code(text)}")
    return ", ".join(details)


def _indexes(found: Table) -> str:
    names = sorted(
        f"`{index.name}` ({', '.join(column.name for column in index.columns)})"
        for index in found.indexes
    )
    return ", ".join(names)
