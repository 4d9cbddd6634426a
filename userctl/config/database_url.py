"""The address of a database, which never shows its password."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from userctl.core.errors import InvalidInput

_ACCEPTED = "Use sqlite:///PATH or postgresql://USER@HOST/DATABASE."
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
_POSTGRES_SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True)
class DatabaseURL:
    """A parsed database URL; ``str()`` and ``repr()`` mask the password."""

    masked: str
    sqlite_path: Path | None
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return self.masked

    @property
    def dialect(self) -> str:
        """Either ``sqlite`` or ``postgresql``."""
        return "postgresql" if self.sqlite_path is None else "sqlite"

    @property
    def identity(self) -> str:
        """What tells this database from another, wherever the command is run."""
        return self.masked if self.sqlite_path is None else os.path.realpath(self.sqlite_path)

    @property
    def embedded_keyring(self) -> Path | None:
        """Where the keys of an SQLite database lie, unless the settings say otherwise."""
        path = self.sqlite_path
        return None if path is None else path.with_name(f"{path.name}.keys")

    @property
    def missing_file(self) -> Path | None:
        """The SQLite file if it is not there, or cannot be looked for."""
        # Path.exists raises where a folder on the way may not be searched.
        path = self.sqlite_path
        return None if path is None or os.path.exists(path) else path  # noqa: PTH110

    @classmethod
    def parse(cls, text: str) -> "DatabaseURL":
        """Parse ``sqlite:///PATH`` or a libpq URL such as ``postgresql://a,b/accounts``.

        Raises:
            InvalidInput: for any other URL; the message never repeats what might be a password.
        """
        if not text.isprintable():
            raise InvalidInput("The database URL holds a control character.", hint=_ACCEPTED)
        if text.startswith("sqlite:"):
            return cls.for_sqlite(_sqlite_path(text))
        for scheme in _POSTGRES_SCHEMES:
            if text.startswith(scheme) and text != scheme:
                url = "postgresql://" + text.removeprefix(scheme)
                _require_plain_authority(url)
                return cls(masked=_mask(url), sqlite_path=None, secret=url)
        raise InvalidInput(_refusal(text), hint=_ACCEPTED)

    @classmethod
    def for_sqlite(cls, path: Path) -> "DatabaseURL":
        """Return the URL of an SQLite file."""
        url = f"sqlite:///{path}"
        return cls(masked=url, sqlite_path=path, secret=url)


def _sqlite_path(text: str) -> Path:
    path = text.removeprefix("sqlite:///")
    if path == text or not path:
        raise InvalidInput(
            "The SQLite URL names no file.",
            hint="Write sqlite:///relative.db or sqlite:////absolute/path.db.",
        )
    if path == ":memory:" or "?" in path:
        raise InvalidInput(
            "The SQLite URL must name a file: no ':memory:', no options after '?'.",
            hint=_ACCEPTED,
        )
    return expanded(path)


def expanded(path: str) -> Path:
    """Return a path in which ~ is the home folder.

    Raises:
        InvalidInput: if there is no such home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InvalidInput(f"There is no home folder for '{path}'.") from None


def _require_plain_authority(url: str) -> None:
    """Refuse a URL in which a password may stand where libpq reads something else.

    A password with an unescaped '@', '/' or '?' ends elsewhere for libpq than for the person who
    wrote it, and libpq would repeat the rest as the name of a host, a port or a database.
    """
    address = url.partition("://")[2].partition("?")[0]
    authority, _, database = address.partition("/")
    hosts = authority.rpartition("@")[2]
    ports = all(_HOST.fullmatch(host) for host in hosts.split(","))
    if authority.count("@") > 1 or "@" in database or "#" in authority or not ports:
        raise InvalidInput(
            "Server, port and password of the PostgreSQL URL cannot be told apart.",
            hint="Write '@', '/', '?', '#' and ':' in a user or password as %40 %2F %3F %23 %3A.",
        )


def _mask(url: str) -> str:
    """Hide the password and every option that is not known to be harmless."""
    url = re.sub(r"(?<=://)([^:@/?]*):[^@/?]*@", r"\1:***@", url)
    return re.sub(r"([?&])([^=&]*)(=?)([^&]*)", _mask_option, url)


def _mask_option(option: re.Match[str]) -> str:
    # A list of what is harmless, because libpq gains options and their names may be encoded.
    separator, name, equals, value = option.groups()
    if not equals:
        return f"{separator}***"
    return f"{separator}{name}={value if name in _HARMLESS_OPTIONS else '***'}"


def _refusal(text: str) -> str:
    scheme = re.match(r"([a-z][a-z0-9+.-]{0,30})://", text)
    if text in _POSTGRES_SCHEMES:
        return "The PostgreSQL URL names no server."
    if scheme and scheme[1].startswith("postgres"):
        return f"The database URL begins with '{scheme[1]}://'; write 'postgresql://'."
    if scheme:
        return f"Databases of the kind '{scheme[1]}' are not supported."
    return "This is not a database URL."
