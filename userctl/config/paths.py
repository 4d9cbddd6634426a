"""The files that an installation consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from userctl.config.settings import Settings, config_path


@dataclass(frozen=True)
class InstallationFiles:
    """The files of an installation, whether they exist or not.

    Attributes:
        secrets: the files that only their owner may read.
        database: the files of an SQLite database, the database itself first; an application may
            share them through its group.
        trusted: the files that others may read but not write.
    """

    secrets: Sequence[Path]
    database: Sequence[Path]
    trusted: Sequence[Path]

    @property
    def folders(self) -> Sequence[Path]:
        """The folders in which other users must not be able to replace these files."""
        return sorted({path.parent for path in (*self.secrets, *self.database, *self.trusted)})


def installation_files(settings: Settings, session: Path) -> InstallationFiles:
    """Return the files that the settings name.

    Args:
        settings: the settings.
        session: where the session of ``userctl login`` is stored.
    """
    url = settings.database_url
    path = url.sqlite_path
    keys = (url.embedded_keyring, settings.keyring_file, settings.secret_key_file)
    return InstallationFiles(
        secrets=[session, *filter(None, keys)],
        database=[path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
        if path is not None
        else [],
        trusted=[config_path()],
    )
