"""The settings of a connection to PostgreSQL, whatever the defaults of the server are."""

import select
from collections.abc import Mapping
from typing import Any

CONNECT_TIMEOUT_SECONDS = 10

_SETTINGS = {
    # A column of an application may lack a time zone: what is read and written there is UTC.
    "TimeZone": "UTC",
    # The driver reads times and intervals in these formats only.
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    # The names of objects are compared with those in the catalog.
    "quote_all_identifiers": "off",
    # A policy that hides rows is an error, as for pg_dump: otherwise an export would lack users,
    # and a purge would succeed on nothing.
    "row_security": "off",
    # An export waits for its reader, which may be slow.
    "idle_in_transaction_session_timeout": "0",
}
"""The settings of every transaction. A role, a database or a server may have other defaults."""

_SET = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in _SETTINGS.items())


def begin_statement(
    *, lock_seconds: int, limits_statements: bool, read_only: bool, snapshot: bool = False
) -> str:
    """Return the statements that begin a transaction, to be sent at once.

    The settings hold for this transaction alone, because PgBouncer shares the session.

    Args:
        lock_seconds: how long a statement may wait for a lock.
        limits_statements: whether each statement may take only as long as it may wait for a lock.
        read_only: whether the transaction only reads. For others the server's default applies,
            which an administrator may have made read-only on purpose.
        snapshot: whether all its queries see the same moment.
    """
    # Without a snapshot, whatever the server's default is, a statement that waited for a lock must
    # see what the other transaction committed.
    level = "REPEATABLE READ" if snapshot else "READ COMMITTED"
    statements = [
        f"BEGIN ISOLATION LEVEL {level}{' READ ONLY' if read_only else ''}",
        f"SET LOCAL lock_timeout = '{lock_seconds}s'",
        _SET,
    ]
    if limits_statements:
        statements.append(f"SET LOCAL statement_timeout = '{lock_seconds}s'")
    return "; ".join(statements)


def connection_options(url_options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a connection besides those in the URL.

    Args:
        url_options: the options in the URL.
    """
    # PgBouncer in transaction mode may give each transaction another server connection, on which a
    # statement prepared earlier does not exist. In another encoding, the driver could not send
    # every text.
    # The driver opens no transaction, since begin_statement does.
    fixed_options = {"prepare_threshold": None, "autocommit": True, "client_encoding": "utf8"}
    return {**server_defaults(url_options), **fixed_options}


def server_defaults(url_options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of userctl for the libpq options that a URL leaves open.

    Args:
        url_options: the options in the URL.
    """
    defaults = {
        "application_name": "userctl",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "client_encoding": "utf8",
        # Without these, the loss of a server machine would be noticed only after hours.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    if any("," in str(url_options.get(name, "")) for name in ("host", "hostaddr")):
        # Of several hosts, only the primary accepts writes.
        defaults["target_session_attrs"] = "read-write"
    return {key: value for key, value in defaults.items() if key not in url_options}


def set_client_defaults(connection: Any) -> None:
    """Set what the client reads outside transactions, on a new connection of the driver.

    SQLAlchemy looks at ``standard_conforming_strings`` only once, and the driver at ``DateStyle``
    when it reads rows, which may be after their transaction. These are among the few settings that
    PgBouncer keeps for each of its clients.
    """
    status = connection.info.parameter_status
    if status("standard_conforming_strings") == "off":
        connection.execute("SET standard_conforming_strings = on")
    if not (status("DateStyle") or "ISO").startswith("ISO"):
        connection.execute("SET DateStyle = ISO")


def has_ended(connection: Any) -> bool:
    """Tell whether the server ended an idle connection of the driver, without asking it.

    The server announces that, and otherwise sends nothing between two transactions.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
