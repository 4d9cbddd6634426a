"""The settings. Each is declared once, here: its parser, its default and its help.

The config file, the environment, ``userctl config show``, the template and the reference derive
from these declarations.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from userctl.config.database_url import DatabaseURL
from userctl.config.homes import APP_NAME, default_database_path
from userctl.config.parsers import (
    Parser,
    database_url,
    named_files,
    one_of,
    path,
    plain_text,
    role_names,
    secret_key,
    true_or_false,
    visible_name,
    whole_number,
)
from userctl.core.errors import InvalidConfiguration

OutputFormat = Literal["table", "json", "jsonl", "csv"]
LogFormat = Literal["text", "json"]

LONGEST_ACCESS_TOKEN_MINUTES = 1440


@dataclass(frozen=True)
class Setting:
    """The declaration of a setting.

    Attributes:
        name: its key in the config file.
        parser: parses a value and says what is expected.
        help: one or more sentences about it.
        default: the value without configuration; None if there is none, or it is not constant.
        default_help: the default in words, where ``default`` is None.
        secret: whether its value must never be shown or stored in the config file.
    """

    name: str
    parser: Parser[Any]
    help: str
    default: Any
    default_help: str
    secret: bool

    @property
    def environment(self) -> str:
        """The environment variable that sets it."""
        return f"USERCTL_{self.name.upper()}"


def _setting(
    parser: Parser[Any],
    help: str,  # noqa: A002
    default: Any = None,
    *,
    default_factory: Callable[[], Any] | None = None,
    default_help: str = "none",
    secret: bool = False,
) -> Any:
    metadata = {"parser": parser, "help": help, "default_help": default_help, "secret": secret}
    if default_factory is not None:
        return field(default_factory=default_factory, metadata=metadata)
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The value of every setting, the chosen profile, and where each value came from.

    ``problems`` and ``unusable`` are empty unless settings were read although some are invalid:
    they are then the errors, and the names of the settings left at their defaults.
    """

    database_url: DatabaseURL = _setting(
        database_url,
        "The database: sqlite:///PATH or postgresql://USER@HOST/DATABASE.",
        default_factory=lambda: DatabaseURL.for_sqlite(default_database_path()),
        default_help="an SQLite file in the user's data folder",
    )
    secret_key: str | None = _setting(
        secret_key,
        "The HS256 key that signs and verifies access tokens. "
        "It can only be set in the environment.",
        secret=True,
    )
    secret_key_file: Path | None = _setting(
        path,
        "A file that contains the HS256 key, which only you can read. It may be a symbolic link, "
        "or a file of root that its group can read.",
    )
    keyring_file: Path | None = _setting(
        path,
        "A keyring file, for signing keys that can be rotated; see 'userctl key'.",
        default_help="for SQLite, a file beside the database",
    )
    actor: str | None = _setting(
        visible_name,
        "The name under which the audit trail records changes.",
        default_help="the logged-in user, otherwise the operating-system user",
    )
    output: str = _setting(
        one_of(*get_args(OutputFormat)), "The format in which records are printed.", "table"
    )
    log_format: str = _setting(
        one_of(*get_args(LogFormat)), "The format of the log that -v writes.", "text"
    )
    roles: tuple[str, ...] = _setting(
        role_names, "The roles that a user may have.", ("user", "admin")
    )
    password_min_length: int = _setting(
        whole_number(8, 64), "The minimum length of a password, in characters.", 8
    )
    password_cost: int = _setting(
        whole_number(10, 16),
        "The bcrypt cost of new hashes. Each step doubles the time.",
        12,
    )
    password_upgrade: bool = _setting(
        true_or_false,
        "Whether a login replaces an application's hash that is not bcrypt with a bcrypt hash. "
        "An imported hash is always replaced.",
        default=False,
    )
    adopted_hash_prefix: str | None = _setting(
        plain_text,
        "The prefix that an application's hashes lack to say how they were made: {CRYPT}, md5$$, "
        "or $hmac-sha512$NAME and $pepper$NAME for a secret of password_secrets.",
    )
    password_secrets: tuple[str, ...] = _setting(
        named_files,
        "Files with the secrets that password hashes of other systems were made with, such as a "
        "pepper, by the names that 'user import --secret' received. Only you can read them.",
        (),
        default_help="none",
    )
    login_attempts: int = _setting(
        whole_number(1, 1000),
        "How many logins to one address may fail within the window before more are refused.",
        5,
    )
    login_window_minutes: int = _setting(
        whole_number(1, 1440), "The length of the window for failed logins, in minutes.", 15
    )
    token_issuer: str = _setting(plain_text, "The 'iss' claim of access tokens.", APP_NAME)
    token_audience: str | None = _setting(plain_text, "The 'aud' claim of access tokens.")
    token_subject: str = _setting(
        one_of("email", "id"),
        "Whether the 'sub' claim of access tokens is the user's e-mail address or id.",
        "email",
    )
    access_token_minutes: int = _setting(
        whole_number(1, LONGEST_ACCESS_TOKEN_MINUTES),
        "How long an access token is valid, in minutes.",
        60,
    )
    refresh_token_days: int = _setting(
        whole_number(1, 365), "How long an unused refresh token is valid, in days.", 7
    )
    session_days: int = _setting(
        whole_number(1, 365),
        "How long a session lasts at most, however often it is refreshed, in days.",
        30,
    )
    deleted_user_retention_days: int = _setting(
        whole_number(0, 3650),
        "How long deleted users are kept before 'user purge' removes them, in days. "
        "Removing one earlier requires confirmation.",
        30,
    )
    token_retention_days: int = _setting(
        whole_number(0, 3650),
        "How long tokens that ended are kept before 'token purge' removes them, in days. "
        "Removing one earlier requires confirmation.",
        1,
    )
    pool_size: int = _setting(
        whole_number(1, 1000),
        "How many connections to the database a service keeps open.",
        5,
    )
    max_overflow: int = _setting(
        whole_number(0, 1000),
        "How many more connections a service may open while all others are in use.",
        10,
    )
    pool_timeout: int = _setting(
        whole_number(1, 3600),
        "How long a service waits for a connection while all are in use, in seconds.",
        30,
    )
    pre_ping: bool = _setting(
        true_or_false,
        "Whether a service tests each connection with a statement before it is used. "
        "Otherwise a closed connection is still noticed, unless a firewall dropped it.",
        default=False,
    )
    profile: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[InvalidConfiguration, ...] = ()
    unusable: frozenset[str] = frozenset()


def _declaration(item: "Field[Any]") -> Setting:
    default = None if item.default is MISSING else item.default
    return Setting(name=item.name, default=default, **item.metadata)


SETTINGS = {item.name: _declaration(item) for item in fields(Settings) if item.metadata}
"""The declarations by name, in their order."""
