"""The files that an installation consists of."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from userctl.config.settings import Settings, config_path


@dataclass(frozen=True)
class InstallationFiles:
    """The files of an installation, whether they exist or not.

    Attributes:
        secrets: the files that userctl writes, and that only their owner may read.
        mounted: the secret files that the operator or the system puts there, which may be
            symbolic links, or owned by root and readable by a group.
        database: the files of an SQLite database, the database itself first; an application may
            share them through its group.
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


def installation_files(settings: Settings, session: Path) -> InstallationFiles:
    """Return the files that the settings name.

    Args:
        settings: the settings.
        session: where the session of ``userctl login`` is stored.
    """
    url = settings.database_url
    path = url.sqlite_path
    keyring, key = settings.keyring_file, settings.secret_key_file
    keyrings = (url.embedded_keyring, keyring and Path(os.path.realpath(keyring)))
    return InstallationFiles(
        secrets=[session, *filter(None, keyrings)],
        mounted=[*filter(None, [key])],
        database=[path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
        if path is not None
        else [],
        trusted=[config_path()],
    )
