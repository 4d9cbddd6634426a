"""Findings of the doctor, and a healthy database."""

import json
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.support.applications import open_connection
from tests.support.cli import Userctl

ADA = "ada@example.com"


def findings(userctl: Userctl, *options: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Return the last finding of each check."""
    result = userctl("doctor", "-o", "jsonl", *options)
    assert result.code == code, result.out
    assert result.err == "" or "--fix" in options
    return {found["check"]: found for found in map(json.loads, result.out.splitlines())}


def statuses(userctl: Userctl, *options: str, code: int = 0) -> dict[str, str]:
    """Return how each check ended."""
    return {name: f["status"] for name, f in findings(userctl, *options, code=code).items()}


def open_database(userctl: Userctl) -> AbstractContextManager[Any]:
    """Return a connection by which another program changes the database."""
    assert userctl.database_url is not None
    return open_connection(userctl.database_url)


@pytest.fixture
def healthy(userctl: Userctl) -> Userctl:
    userctl.create(ADA, "--role", "admin")
    if userctl.database_url is not None and userctl.database_url.startswith("sqlite"):
        userctl.database_file.chmod(0o600)
    return userctl
