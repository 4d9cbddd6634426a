"""Problems of a file of users, as the command line says them."""

import json

import pytest

from userctl.cli.errors import print_error
from userctl.core.errors import DeclarationInvalid
from userctl.core.places import Place, Problem

ERROR = DeclarationInvalid(
    [
        Problem(Place("users.yaml", 3, 5), "The key 'rol' is not known."),
        Problem(Place("a\x1b.yaml", 9, 1), "The key 'email' is missing."),
    ]
)


def test_each_problem_has_a_line_and_the_error_counts_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert print_error(ERROR, as_json=False) == 2
    assert capsys.readouterr().err.splitlines() == [
        "users.yaml:3:5: The key 'rol' is not known.",
        "a\\x1b.yaml:9:1: The key 'email' is missing.",
        "error: The declaration has 2 problems.",
    ]


def test_json_is_one_object_with_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_error(ERROR, as_json=True) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "declaration_invalid"
    assert error["problems"][0] == {
        "file": "users.yaml",
        "line": 3,
        "column": 5,
        "message": "The key 'rol' is not known.",
    }
