"""The files of an installation."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from glob import escape, glob
from pathlib import Path

from userctl.config.database_url import DatabaseURL
from userctl.config.homes import (
    config_path,
    default_database_path,
    describe_home,
    find_in_home,
    session_path,
)
from userctl.config.settings import Settings
from userctl.core.errors import DatabaseMissing, InvalidInput

_COMPANION_SUFFIXES = ("-wal", "-shm", "-journal")
"""The suffixes of the files that SQLite creates beside a database."""


@dataclass(frozen=True)
class InstallationFiles:
    """The files of an installation, whether they exist or not.

    Attributes:
        secrets: the files that userctl writes, and that only their owner may read.
        mounted: the secret files that the operator or the system puts there, which may be
            symbolic links, or owned by root and readable by a group.
        database: the files of an SQLite database, the database itself first, by the path that was
            given; an application may share them through its group.
        trusted: the files that others may read but not write.
    """

    secrets: Sequence[Path]
    mounted: Sequence[Path]
    database: Sequence[Path]
    trusted: Sequence[Path]

    @property
    def folders(self) -> Sequence[Path]:
        """The folders in which other users must not be able to replace these files."""
        return sorted({path.parent for path in self.all})

    @property
    def all(self) -> Sequence[Path]:
        """All files."""
        return [*self.secrets, *self.mounted, *self.database, *self.trusted]

    def require_outside(self, output: Path) -> None:
        """Make sure that the output of a command does not replace a file of the installation.

        Raises:
            InvalidInput: It would.
        """
        locks = [path.with_name(f"{path.name}.lock") for path in self.all]
        if any(is_same_file(output, path) for path in (*self.all, *locks)):
            raise InvalidInput(
                f"{output} is part of the installation itself.", hint="Choose another file."
            )


def is_same_file(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to the same file, which need not exist."""
    return one.resolve() == other.resolve() or (
        one.exists() and other.exists() and one.samefile(other)
    )


def installation_files(settings: Settings) -> InstallationFiles:
    """Return the files that the settings name."""
    url = settings.database_url
    path, file = url.sqlite_path, url.file
    keyring, key = settings.keyring_file, settings.secret_key_file
    keyrings = (url.embedded_keyring, keyring and Path(os.path.realpath(keyring)))
    return InstallationFiles(
        secrets=[*_session_files(settings.profile), *filter(None, keyrings)],
        mounted=[*filter(None, [key])],
        database=[path, *(file.with_name(f"{file.name}{suffix}") for suffix in _COMPANION_SUFFIXES)]
        if path is not None and file is not None
        else [],
        trusted=[*filter(None, [find_in_home(config_path)])],
    )


def _session_files(profile: str | None) -> Sequence[Path]:
    """Return the stored session of a profile, and those of other profiles that exist."""
    own_file = find_in_home(partial(session_path, profile))
    if own_file is None:
        return []
    # Path.glob raises where the folder cannot be searched.
    files = map(Path, glob(f"{escape(str(own_file.parent))}/session*.json"))  # noqa: PTH207
    return [own_file, *(file for file in files if file != own_file)]


def missing_embedded_database(url: DatabaseURL) -> Path | None:
    """Return the path of the embedded database, if it is the one in use and does not exist."""
    missing = url.missing_file
    return missing if missing is not None and missing == default_database_path() else None


def require_database_file(url: DatabaseURL) -> None:
    """Make sure that an SQLite database exists.

    Raises:
        DatabaseMissing: It does not.
    """
    missing = url.missing_file
    if missing is None:
        return
    if missing_embedded_database(url) is None:
        raise DatabaseMissing(f"There is no database at {missing}.")
    raise DatabaseMissing(
        f"There is no database at {missing} ({describe_home('XDG_DATA_HOME')}).",
        hint="If there should be one, correct HOME, or choose it with --database-url or "
        "--profile. To create it, run 'userctl db migrate' or 'userctl user create'.",
    )
