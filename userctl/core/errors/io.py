"""Failures of files, disks and streams."""

from userctl.core.errors.base import InputOutputFailed


class DiskFull(InputOutputFailed):
    """No space is left on the disk."""

    code = "disk_full"


class OutOfMemory(InputOutputFailed):
    """The system has no more memory for the command."""

    code = "out_of_memory"
    hint = "What was not committed is rolled back. Free memory, or raise the limit of the process."


class ReadOnly(InputOutputFailed):
    """The database or the file system is read-only."""

    code = "read_only"


class OutputLost(InputOutputFailed):
    """Standard output was closed or could not be written."""

    code = "output_lost"
