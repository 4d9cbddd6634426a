"""The queries of shell completion, for the drivers alone: importing SQLAlchemy takes longer."""

from dataclasses import dataclass

_LIMIT = 100


@dataclass(frozen=True)
class Statement:
    """A statement in the dialect of each database, with named parameters."""

    sqlite: str
    postgresql: str


def _by_prefix(columns: str, source: str, key: str) -> Statement:
    """Return a statement that reads rows by a prefix of a column, in the order of the column.

    On PostgreSQL, only an index with ``text_pattern_ops`` finds prefixes in every collation.
    """
    text = f"SELECT {columns} FROM {source} WHERE {key} {{}} :first AND {key} {{}} :end"  # noqa: S608
    return Statement(
        f"{text.format('>=', '<')} ORDER BY {key} LIMIT {_LIMIT}",
        f"{text.format('~>=~', '~<~')} ORDER BY {key} USING ~<~ LIMIT {_LIMIT}",
    )


USERS = _by_prefix("email, name", "users", "email")
DELETED_USERS = _by_prefix("email, name", "deleted_users", "email")
SESSIONS = _by_prefix(
    "family_id, email", "refresh_tokens JOIN users ON users.id = user_id "
    "AND NOT revoked AND used_at IS NULL", "family_id"
)  # fmt: skip
_TOKENS = f"""
SELECT 'api-' || api_tokens.id, label FROM api_tokens WHERE revoked_at IS NULL
    AND api_tokens.id > (SELECT coalesce(max(id), 0) - {_LIMIT} FROM api_tokens)
UNION ALL
SELECT CAST(refresh_tokens.id AS TEXT), email FROM refresh_tokens JOIN users ON users.id = user_id
    WHERE NOT revoked
    AND refresh_tokens.id > (SELECT coalesce(max(id), 0) - {_LIMIT} FROM refresh_tokens)
"""  # noqa: S608
TOKENS = Statement(_TOKENS, _TOKENS)


def _latest_ids(table: str, description: str) -> Statement:
    """Return a statement that reads the latest ids."""
    latest = f"(SELECT coalesce(max(id), 0) - {_LIMIT} FROM {table})"  # noqa: S608
    text = f"SELECT CAST(id AS TEXT), {description} FROM {table} WHERE id > {latest}"  # noqa: S608
    return Statement(text, text)


USER_IDS = _latest_ids("users", "email")
EVENT_IDS = _latest_ids("audit_events", "tag")
