"""The declarations of the errors, from which the reference is generated."""

import pickle
import re
import tomllib
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from userctl.core import errors

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
CLASSES = list(errors.error_classes())


def test_every_error_has_a_code_of_its_own() -> None:
    codes = Counter(vars(kind)["code"] for kind in CLASSES if "code" in vars(kind))
    assert [code for code, count in codes.items() if count > 1] == []
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes)


def test_only_internal_special_cases_share_the_code_of_their_base() -> None:
    without = {kind for kind in CLASSES if "code" not in vars(kind)}
    assert without == {
        errors.FileDamaged,
        errors.ProofOutdated,
        errors.RowUnreadable,
        errors.TooManyRemovals,
        errors.TransactionConflict,
        errors.UsersNotFound,
    }


def test_a_missing_library_is_asked_for_with_the_bound_of_its_extra() -> None:
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    needed = {
        errors.DatabaseDriverMissing: "postgres",
        errors.CryptoMissing: "crypto",
        errors.MetricsMissing: "metrics",
    }
    for kind, extra in needed.items():
        [library] = extras[extra]
        assert kind.hint == f"Install it with: pip install '{library}'"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_says_in_one_sentence_what_it_means(kind: type[errors.UserctlError]) -> None:
    meaning = vars(kind)["__doc__"]
    assert re.fullmatch(r"[A-Z][^\n]+\.", meaning)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_can_be_imported_from_the_package(kind: type[errors.UserctlError]) -> None:
    assert getattr(errors, kind.__name__) is kind


@pytest.mark.parametrize(
    "error",
    [
        errors.LoginThrottled(timedelta(minutes=1)),
        errors.InvalidCredentials(),
        errors.ProofOutdated(),
        errors.PasswordRejected(["too short", "too common"]),
        errors.UserNotFound("There is no user 7.", hint="Look again."),
    ],
)
def test_an_error_reaches_another_process_as_it_is(error: errors.UserctlError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.args) == (str(error), error.args)
    assert vars(copy).keys() == vars(error).keys()
    assert (copy.message, copy.hint) == (error.message, error.hint)
