"""The declarations of the errors, from which the reference is generated."""

import re
from collections import Counter

import pytest

from userctl.core import errors

CLASSES = list(errors.error_classes())


def test_every_error_has_a_code_of_its_own() -> None:
    codes = Counter(vars(kind)["code"] for kind in CLASSES if "code" in vars(kind))
    assert [code for code, count in codes.items() if count > 1] == []
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes)


def test_only_internal_special_cases_share_the_code_of_their_base() -> None:
    without = {kind for kind in CLASSES if "code" not in vars(kind)}
    assert without == {errors.ProofOutdated, errors.RowUnreadable, errors.TransactionConflict}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_says_in_one_sentence_what_it_means(kind: type[errors.UserctlError]) -> None:
    meaning = vars(kind)["__doc__"]
    assert re.fullmatch(r"[A-Z][^\n]+\.", meaning)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_can_be_imported_from_the_package(kind: type[errors.UserctlError]) -> None:
    assert getattr(errors, kind.__name__) is kind
