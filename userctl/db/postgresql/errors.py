"""The meaning of each error of PostgreSQL and its driver."""

import re
from typing import Any, NamedTuple

from userctl.core import errors
from userctl.core.masking import redact
from userctl.core.text import quote


class Meaning(NamedTuple):
    """The typed error of a code, its message, and a hint where the default one would not do."""

    kind: type[errors.UserctlError]
    message: str
    hint: str | None = None


def _timeout_meaning(parameter: str) -> Meaning:
    """Return the meaning of a timeout of the server that ended the connection."""
    return Meaning(
        errors.DatabaseUnreachable,
        "A timeout of the database server ended the connection",
        f"Raise that timeout for the role: ALTER ROLE NAME SET {parameter} = '5min'.",
    )


_CONFLICT = Meaning(errors.TransactionConflict, "The transaction kept conflicting with others")
_REJECTED_ROW = Meaning(errors.ConstraintViolated, "The database rejected the row")
_DOES_NOT_FIT = Meaning(errors.ConstraintViolated, "A value does not fit its column")
_TRIGGER_ERROR = Meaning(
    errors.ConstraintViolated, "A trigger or a function in the database refused the change"
)
_SERVER_ERROR = Meaning(errors.DatabaseNotReady, "The database server reported an error")
_DISK_ERROR = Meaning(errors.InputOutputFailed, "The disk of the database server reported an error")
_MISSING_FEATURE = Meaning(
    errors.ExtensionMissing, "The tables need a feature that the database lacks"
)

_BY_SQLSTATE: dict[str, Meaning] = {
    "22001": Meaning(errors.ConstraintViolated, "A value is too long for its column"),
    "22021": Meaning(errors.DatabaseDamaged, "A stored text is not valid in its encoding"),
    "22003": Meaning(errors.DatabaseDamaged, "A value is out of range"),
    "25006": Meaning(
        errors.ReadOnly,
        "The database server is read-only",
        "Name the primary in the URL. If it is a default of the role or the database: "
        "ALTER ROLE NAME SET default_transaction_read_only = off.",
    ),
    "25P03": _timeout_meaning("idle_in_transaction_session_timeout"),
    "25P04": _timeout_meaning("transaction_timeout"),
    "2BP01": Meaning(errors.ConstraintViolated, "Another object in the database depends on it"),
    "40002": _REJECTED_ROW,
    "40003": Meaning(errors.CommitUnknown, "Whether the change was made is unknown"),
    "42501": Meaning(errors.DatabaseAccessDenied, "The database role lacks a privilege"),
    "42809": Meaning(
        errors.ForeignTables, "A view or another object has the name of a userctl table"
    ),
    "42883": _MISSING_FEATURE,
    "42704": _MISSING_FEATURE,
    "42P07": Meaning(errors.ForeignTables, "A table or a view with this name already exists"),
    "42P01": Meaning(errors.DatabaseNotMigrated, "A table is missing"),
    "42703": Meaning(errors.DatabaseNotMigrated, "A column is missing"),
    "53100": Meaning(errors.DiskFull, "The disk of the database server is full"),
    "55006": Meaning(errors.DatabaseBusy, "Another process uses a table of the database"),
    "55P03": Meaning(errors.DatabaseBusy, "The database stayed locked by another process"),
    "57014": Meaning(
        errors.DatabaseBusy,
        "The database server canceled the statement",
        "Try again in a moment. If that was the timeout of the role or the database, raise it: "
        "ALTER ROLE NAME SET statement_timeout = '5min'.",
    ),
    "57P05": _timeout_meaning("idle_session_timeout"),
    "XX001": Meaning(errors.DatabaseDamaged, "The database server found damaged data"),
    "XX002": Meaning(errors.DatabaseDamaged, "The database server found a damaged index"),
}

_BY_CLASS: dict[str, Meaning] = {
    "08": Meaning(errors.DatabaseUnreachable, "The database server cannot be reached"),
    "09": _TRIGGER_ERROR,
    "0P": Meaning(errors.DatabaseAccessDenied, "The database role is not allowed"),
    "21": _TRIGGER_ERROR,
    "22": _DOES_NOT_FIT,
    "23": _REJECTED_ROW,
    "27": _TRIGGER_ERROR,
    "28": Meaning(errors.DatabaseAccessDenied, "The database server refused the role"),
    "2F": _TRIGGER_ERROR,
    "38": _TRIGGER_ERROR,
    "39": _TRIGGER_ERROR,
    "3D": Meaning(errors.DatabaseUnreachable, "The database does not exist"),
    "3F": Meaning(errors.SchemaNotFound, "The search_path names no schema that exists"),
    "40": _CONFLICT,
    "44": _REJECTED_ROW,
    "53": Meaning(errors.DatabaseBusy, "The database server has too few resources"),
    "57": Meaning(errors.DatabaseUnreachable, "The database server is shutting down or starting"),
    "58": _DISK_ERROR,
    "72": Meaning(errors.DatabaseBusy, "The snapshot became too old"),
    "P0": _TRIGGER_ERROR,
}
"""The classes of the PostgreSQL manual, appendix A, that mean the same for all their codes."""

_BY_EXCEPTION: dict[str, Meaning] = {
    "DataError": _DOES_NOT_FIT,
    "IntegrityError": _REJECTED_ROW,
    "InternalError": _SERVER_ERROR,
    "NotSupportedError": _SERVER_ERROR,
    "OperationalError": _SERVER_ERROR,
    "ProgrammingError": _SERVER_ERROR,
    # The driver has no better class for a code that a function of another program invented.
    "DatabaseError": _TRIGGER_ERROR,
}
"""The meaning of each class of the driver, for codes that are in neither table."""

_STATEMENT_CLASSES = frozenset({"0A", "21", "22", "3F", "42"})
"""The classes of mistakes in a statement, which may be one of another program's function."""

_POLICY_FUNCTION = "check_enable_rls"
"""The function of the server that finds a policy which would hide rows."""

SEE_ALL = (
    "Connect as the owner of the tables (without FORCE ROW LEVEL SECURITY), or run: "
    "ALTER ROLE NAME BYPASSRLS."
)
"""What to do about a policy that hides rows."""


def translate_postgresql(error: Any) -> errors.UserctlError | None:
    """Return the typed error, or None where userctl itself misused the driver."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return _translate_driver_error(error)
    diagnostics = getattr(error, "diag", None)
    # The detail after the primary message quotes the rejected row with its hash.
    message = getattr(diagnostics, "message_primary", None) or state
    if state == "22P05":
        return _character_error(message)
    if state == "42501" and getattr(diagnostics, "source_function", None) == _POLICY_FUNCTION:
        return errors.DatabaseAccessDenied(
            f"The database hides rows from the role ({redact(message)}).", hint=SEE_ALL
        )
    meaning = _meaning(error, state)
    function = _function_name(getattr(diagnostics, "context", None) or "")
    if function is not None and state[:2] in _STATEMENT_CLASSES and state != "42501":
        meaning = _TRIGGER_ERROR
    location = f", in {function}" if function else ""
    return meaning.kind(f"{meaning.message} ({redact(message)}{location}).", hint=meaning.hint)


def _meaning(error: Any, state: str) -> Meaning:
    if meaning := _BY_SQLSTATE.get(state) or _BY_CLASS.get(state[:2]):
        return meaning
    names = (kind.__name__ for kind in type(error).__mro__)
    return next((_BY_EXCEPTION[name] for name in names if name in _BY_EXCEPTION), _SERVER_ERROR)


def _function_name(context: str) -> str | None:
    """Return the name of the function in which an error was raised; empty if it has none.

    The server translates the words around the name of the language and that of the function.
    """
    line = next((line for line in context.splitlines() if "PL/" in line), None)
    if line is None:
        return None
    name = re.search(r'([\w."]+)\(', line)
    return redact(name[1]) if name else ""


def _character_error(message: str) -> errors.UserctlError:
    """Return the error for a character that the encoding of the database does not have."""
    encodings = [name for name in re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", message) if name != "UTF8"]
    encoding = encodings[0] if encodings else "not UTF8"
    hex_digits = re.search(r"(?:0x[0-9a-f]{2} ?)+", message)
    bytes_ = bytes.fromhex(hex_digits[0].replace("0x", "")) if hex_digits else b""
    character = bytes_.decode("utf-8", errors="replace")
    return errors.InvalidInput(
        f"The database cannot store {quote(character)}, because its encoding is {encoding}.",
        hint=f"Use characters that {encoding} has, or copy the users into a database with the "
        "encoding UTF8 ('userctl db copy').",
    )


def _translate_driver_error(error: Any) -> errors.UserctlError | None:
    message = redact(str(error))
    match type(error).__name__:
        case "DataError":
            return errors.DatabaseDamaged(f"A stored value cannot be read ({message}).")
        case "OperationalError" | "ConnectionTimeout":
            return errors.DatabaseUnreachable(f"Cannot connect to the database server ({message}).")
    return None
