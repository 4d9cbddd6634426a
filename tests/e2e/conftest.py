"""Fixtures for whole commands."""

import subprocess
from dataclasses import replace

import pytest

from tests.support.cli import Userctl
from tests.support.forking import Forks


@pytest.fixture
def forks(fork_server: "subprocess.Popen[bytes]", userctl: Userctl) -> Forks:
    """Forked processes of userctl on an empty migrated database, on each dialect in turn."""
    return Forks(fork_server, userctl)


@pytest.fixture
def quick(local: Userctl, forked_program: str) -> Userctl:
    """The same as ``local``, with processes that start at once; see ``forked_program``."""
    return replace(local, program=(forked_program,))
