"""The options in a PostgreSQL URL: those that libpq knows, and those of other tools."""

import re
from typing import Any

from userctl.config.database_url import DatabaseURL
from userctl.core.errors import InvalidConfiguration
from userctl.core.text import quote

_SCHEMA_OPTIONS = frozenset({"schema", "currentschema", "search_path"})
"""What Prisma, JDBC and pgx call the schema."""

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_IN_PASSWORDS = "Write '@', '/' and '%' in a password as %40, %2F and %25."


def parse_options(url: DatabaseURL) -> dict[str, Any]:
    """Return the options in a URL, in the names of libpq.

    Raises:
        InvalidConfiguration: if libpq cannot parse the URL; the message never repeats what could
            be a password.
    """
    import psycopg  # noqa: PLC0415

    try:
        options = psycopg.conninfo.conninfo_to_dict(url.secret)
    except psycopg.ProgrammingError:
        # The driver's own message would quote parts of the URL.
        raise _explain(url) from None
    if (mode := options.get("sslmode", "prefer")) not in _SSL_MODES:
        raise InvalidConfiguration(
            f"The database URL {url} has an sslmode that libpq does not know: {quote(str(mode))}.",
            hint=f"Use {', '.join(_SSL_MODES)}.",
        )
    return options


def _explain(url: DatabaseURL) -> InvalidConfiguration:
    import psycopg  # noqa: PLC0415

    keywords = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    options = url.secret.partition("?")[2]
    for option in () if "@" in options else options.split("&"):
        name, equals, value = option.partition("=")
        if not equals or name in keywords or not re.fullmatch(r"[A-Za-z_-]{2,40}", name):
            continue
        hint = "Remove it: it belongs to another tool."
        if name.lower() in _SCHEMA_OPTIONS and re.fullmatch(r"\w+", value):
            hint = f"Write options=-csearch_path%3D{value} instead."
        elif name.lower() in {"ssl", "ssl_mode", "ssl-mode", "tls"}:
            hint = "Write sslmode=require, or another mode of libpq, instead."
        return InvalidConfiguration(
            f"The database URL {url} has the option '{name}', which libpq does not know.", hint=hint
        )
    return InvalidConfiguration(f"libpq cannot parse the database URL {url}.", hint=_IN_PASSWORDS)
