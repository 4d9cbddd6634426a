"""Fixtures for whole commands."""

from collections.abc import Iterator

import pytest

from tests.support.cli import Userctl
from tests.support.forking import Forks, forking


@pytest.fixture
def forks(userctl: Userctl) -> Iterator[Forks]:
    """Forked processes of userctl on an empty migrated database, on each dialect in turn."""
    with forking(userctl) as forks:
        yield forks
