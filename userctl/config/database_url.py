"""The URL of a database, which never shows its password."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from userctl.core.errors import DatabaseAccessDenied, InvalidInput

_HINT = "Use sqlite:///PATH or postgresql://USER@HOST/DATABASE."
_HARMLESS_OPTIONS = frozenset(
    {
        "application_name",
        "connect_timeout",
        "dbname",
        "host",
        "hostaddr",
        "port",
        "service",
        "sslmode",
        "target_session_attrs",
        "user",
    }
)
_HOST = re.compile(r"(?:[^:\[\]]*|\[[^\[\]]*\])(?::[0-9]{0,5})?")
_PASSWORD = re.compile(r"://[^:@/?]*:[^@]+@|[?&](?:ssl)?password=[^&]")
_POSTGRES_SCHEMES = ("postgresql://", "postgres://")
_FOREIGN_PREFIXES = (
    (r"(jdbc:)?(postgres[a-z0-9+]*|psql|pgsql|postgis)://", "PostgreSQL", "postgresql://"),
    (r"(jdbc:sqlite:|sqlite3:|sqlite\+[a-z0-9]+:)/*|file:", "SQLite", "sqlite:///"),
)
"""Prefixes of URLs that other tools use, and what to write instead."""


@dataclass(frozen=True)
class DatabaseURL:
    """A parsed database URL; ``str()`` and ``repr()`` mask the password."""

    masked_url: str
    sqlite_path: Path | None
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return self.masked_url

    @property
    def holds_password(self) -> bool:
        """Whether the password is in the URL itself."""
        return self.sqlite_path is None and _PASSWORD.search(unquote(self.secret)) is not None

    @property
    def dialect(self) -> str:
        """Either ``sqlite`` or ``postgresql``."""
        return "postgresql" if self.sqlite_path is None else "sqlite"

    @property
    def identity(self) -> str:
        """An identifier of this database, independent of the current folder."""
        return self.masked_url if self.file is None else str(self.file)

    @property
    def file(self) -> Path | None:
        """The SQLite file with all links resolved; the files that belong to it are beside it.

        The file itself is opened by the path that was given, which messages show as well.
        """
        return None if self.sqlite_path is None else Path(os.path.realpath(self.sqlite_path))

    @property
    def embedded_keyring(self) -> Path | None:
        """The keyring file of an SQLite database, unless the settings choose another."""
        file = self.file
        return None if file is None else file.with_name(f"{file.name}.keys")

    @property
    def missing_file(self) -> Path | None:
        """The SQLite file, if it does not exist.

        Raises:
            DatabaseAccessDenied: if a folder on its path cannot be searched.
        """
        path = self.sqlite_path
        if path is None:
            return None
        try:
            path.stat()
        except PermissionError:
            raise DatabaseAccessDenied(
                f"A folder of {path} cannot be searched: Permission denied.",
                hint="Run userctl as the owner of that folder. If the database should be "
                "elsewhere, correct HOME, or choose it with --database-url or --profile.",
            ) from None
        except OSError:
            return path
        return None

    @classmethod
    def parse(cls, text: str) -> "DatabaseURL":
        """Parse ``sqlite:///PATH`` or a libpq URL such as ``postgresql://a,b/accounts``.

        Raises:
            InvalidInput: for any other URL; the message never repeats what could be a password.
        """
        if not text.isprintable():
            raise InvalidInput("The database URL contains a control character.", hint=_HINT)
        if text.startswith("sqlite:"):
            return cls.for_sqlite(_sqlite_path(text))
        for scheme in _POSTGRES_SCHEMES:
            if text.startswith(scheme) and text != scheme:
                url = "postgresql://" + text.removeprefix(scheme)
                _require_plain_authority(url)
                return cls(masked_url=_mask(url), sqlite_path=None, secret=url)
        raise InvalidInput(_describe_problem(text), hint=_HINT)

    @classmethod
    def for_sqlite(cls, path: Path) -> "DatabaseURL":
        """Return the URL of an SQLite file."""
        url = f"sqlite:///{path}"
        return cls(masked_url=url, sqlite_path=path, secret=url)


def _sqlite_path(text: str) -> Path:
    path = text.removeprefix("sqlite:///")
    if path == text or not path:
        raise InvalidInput(
            "The SQLite URL does not name a file.",
            hint="Use sqlite:///relative.db or sqlite:////absolute/path.db.",
        )
    if path == ":memory:" or "?" in path:
        raise InvalidInput(
            "The SQLite URL must name a file, without ':memory:' and without options after '?'.",
            hint=_HINT,
        )
    return expand_home(path)


def expand_home(path: str) -> Path:
    """Return a path with ~ replaced by the home folder.

    Raises:
        InvalidInput: if that user has no home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InvalidInput(f"The home folder in '{path[:100]}' does not exist.") from None


def _require_plain_authority(url: str) -> None:
    """Reject a URL in which libpq may mistake a part of the password for something else.

    For libpq, a password ends at the first unescaped '@', '/' or '?', and its messages would repeat
    the rest as the name of a host, a port or a database.
    """
    address, _, options = url.partition("://")[2].partition("?")
    authority, _, database = address.partition("/")
    hosts = authority.rpartition("@")[2]
    ports = all(_HOST.fullmatch(host) for host in hosts.split(","))
    inside = "@" in options and not {"@", "/"} & set(address)
    if authority.count("@") > 1 or "@" in database or "#" in authority or inside or not ports:
        raise InvalidInput(
            "The PostgreSQL URL is ambiguous: its host, port and password cannot be told apart.",
            hint="Write '@', '/', '?', '#' and ':' in a user or password as %40 %2F %3F %23 %3A.",
        )


def _mask(url: str) -> str:
    """Hide the password and every option that is not known to be harmless."""
    url = re.sub(r"(?<=://)([^:@/?]*):[^@/?]*@", r"\1:***@", url)
    return re.sub(r"([?&])([^=&]*)(=?)([^&]*)", _mask_option, url)


def _mask_option(option: re.Match[str]) -> str:
    # A list of harmless options, because libpq gains options and their names may be encoded.
    separator, name, equals, value = option.groups()
    if not equals:
        return f"{separator}***"
    return f"{separator}{name}={value if name in _HARMLESS_OPTIONS else '***'}"


def _describe_problem(text: str) -> str:
    scheme = re.match(r"((?:jdbc:)?[a-z][a-z0-9+.-]{0,30})://", text)
    if text in _POSTGRES_SCHEMES:
        return "The PostgreSQL URL does not name a server."
    for pattern, dialect, prefix in _FOREIGN_PREFIXES:
        if match := re.match(pattern, text):
            return f"The {dialect} URL begins with '{match[0]}'; use '{prefix}' instead."
    if scheme:
        return f"The database URL begins with '{scheme[1]}://', which is not supported."
    return "The value is not a database URL."
