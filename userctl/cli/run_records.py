"""The last run of each scheduled command, as ``userctl metrics`` reports it.

Runs are recorded in files of the user who runs the commands, not in the database: a run that finds
no database has to be reported too.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from userctl.cli.command_table import SCHEDULED
from userctl.config.homes import state_path
from userctl.config.paths import missing_embedded_database
from userctl.config.settings import Settings
from userctl.core.clock import utc_now
from userctl.core.errors import UserctlError
from userctl.core.secure_files import create_private_folder, read_private, write_private
from userctl.schemas.metrics import CommandRun


class RunRecorder:
    """Records a run, which begins now.

    Args:
        command: one of the scheduled commands.
        settings: returns the settings of the run.
    """

    def __init__(self, command: str, settings: Callable[[], Settings]) -> None:
        self._command = command
        self._settings = settings
        self._began = time.monotonic()

    def record(self, exit_code: int) -> str:
        """Record how the run ended, and return whether that worked, as text for the log.

        If the embedded database is missing, HOME is probably wrong, and nothing is created there.
        """
        seconds = time.monotonic() - self._began
        run = CommandRun(
            command=self._command, ended_at=utc_now(), exit_code=exit_code, seconds=seconds
        )
        try:
            settings = self._settings()
            if missing_embedded_database(settings.database_url) is not None:
                return "the run was not recorded: there is no database"
            file = _record_file(settings, self._command)
            for folder in (file.parents[1], file.parent):
                create_private_folder(folder)
            write_private(file, f"{run.model_dump_json()}\n")
        except (UserctlError, OSError) as error:
            return f"the run was not recorded: {error}"
        return "the run was recorded"


def read_runs(settings: Settings) -> list[CommandRun]:
    """Return the last run of each scheduled command on a database, where it can be read."""
    runs = []
    for command in SCHEDULED:
        with suppress(UserctlError, OSError, ValueError):
            text = read_private(_record_file(settings, command))
            if text is not None:
                run = CommandRun.model_validate_json(text)
                runs.append(run.model_copy(update={"command": command}))
    return runs


def _record_file(settings: Settings, command: str) -> Path:
    database = hashlib.sha256(settings.database_url.identity.encode(errors="surrogateescape"))
    folder = state_path() / f"runs-{database.hexdigest()[:16]}"
    return folder / f"{command.replace(' ', '-')}.json"
