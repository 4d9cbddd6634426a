"""Fixtures for whole commands."""

import subprocess

import pytest

from tests.support.cli import Userctl
from tests.support.forking import Forks


@pytest.fixture
def forks(fork_server: "subprocess.Popen[bytes]", userctl: Userctl) -> Forks:
    """Forked processes of userctl on an empty migrated database, on each dialect in turn."""
    return Forks(fork_server, userctl)
