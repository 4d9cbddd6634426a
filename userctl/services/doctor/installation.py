"""The installation that the checks examine."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from userctl.config.database_url import DatabaseURL
from userctl.config.paths import InstallationFiles
from userctl.core.clock import Clock
from userctl.core.errors import InvalidConfiguration
from userctl.db.transaction.unit_of_work import Database
from userctl.security.keys import KeySource
from userctl.security.password_hashes.parsed_hash import SecretSource
from userctl.security.passwords import PasswordHasher
from userctl.services.database.schema import SchemaService


@dataclass(frozen=True)
class Installation:
    """An installation of userctl, any part of which may be broken.

    Attributes:
        problems: the problems of the settings.
        unusable: the settings that cannot be read, and have their defaults instead.
        url: the database.
        files: the files of the installation.
        find_keys: returns where the signing keys are.
        open_engine: returns the engine, without checking the database.
        open_schema: returns the service that knows the schema.
        database: the database, for checks that run once it is known to be usable.
        hasher: knows the cost of password hashes.
        password_secrets: returns a secret with which hashes of another system were made.
        roles: the configured roles.
        longest_session: how long a session can last.
        clock: where the time comes from.
    """

    problems: Sequence[InvalidConfiguration]
    unusable: Set[str]
    url: DatabaseURL
    files: InstallationFiles
    find_keys: Callable[[], KeySource]
    open_engine: Callable[[], Engine]
    open_schema: Callable[[], SchemaService]
    database: Database
    hasher: PasswordHasher
    password_secrets: SecretSource
    roles: Sequence[str]
    longest_session: timedelta
    clock: Clock
