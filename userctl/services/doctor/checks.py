"""The checks, in the order in which they are run.

A new check is a function in a module of this package and a row here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from userctl.services.doctor import configuration, contents, database, files, keys
from userctl.services.doctor.finding import Finding
from userctl.services.doctor.installation import Installation


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        name: its name in the output.
        run: returns its findings, at least one.
        needs: the check that must pass for this one to make sense.
        dialect: the only dialect on which this check makes sense.
        settings: the settings that must be readable, or it would examine something else.
    """

    name: str
    run: Callable[[Installation], Iterable[Finding]]
    needs: str | None = None
    dialect: Literal["sqlite", "postgresql"] | None = None
    settings: tuple[str, ...] = ()


_KEYS = ("database_url", "keyring_file", "secret_key", "secret_key_file")

CHECKS = (
    Check("configuration", configuration.settings),
    Check("traces", configuration.traces),
    Check("files", files.modes),
    Check("leftovers", files.leftovers),
    Check("signing_key", keys.signing_key, settings=_KEYS),
    Check("connection", database.connection, settings=("database_url",)),
    Check("schema", database.schema, needs="connection"),
    Check("sqlite_version", database.sqlite_version, dialect="sqlite"),
    Check("journal", database.journal, needs="connection", dialect="sqlite"),
    Check("integrity", database.integrity, needs="connection", dialect="sqlite"),
    Check("tokens", database.tokens, needs="schema", dialect="sqlite"),
    Check("integrity", database.integrity, needs="schema", dialect="postgresql"),
    Check("row_security", database.row_security, needs="connection", dialect="postgresql"),
    Check("encoding", database.encoding, needs="connection", dialect="postgresql"),
    Check("role", database.role, needs="schema", dialect="postgresql"),
    Check("rows", contents.rows, needs="schema"),
    Check("clock", contents.clock, needs="schema", settings=("session_days",)),
    Check("expired_tokens", contents.backlog, needs="schema"),
    Check("passwords", contents.passwords, needs="schema", settings=("password_cost",)),
    Check("admins", contents.admins, needs="schema"),
    Check("roles", contents.roles, needs="schema", settings=("roles",)),
    Check("audit_trail", contents.audit_trail, needs="schema"),
)
