"""The exit code of every error, written out: a contract with scripts."""

import json

import pytest

from userctl import errors
from userctl.cli.errors import EXIT_CODES, report, wants_json

CONTRACT = {
    2: "InvalidInput InvalidConfiguration InvalidEmail PasswordRejected SecretKeyMissing "
    "UnsafeFile ConfirmationRequired",
    3: "NotFound UserNotFound TokenNotFound",
    4: "AuthenticationFailed InvalidCredentials NotLoggedIn TokenInvalid TokenExpired "
    "TokenRevoked TokenReused AccountDisabled",
    5: "Conflict UserExists LastAdmin Declined RefreshConflict ConstraintViolated FileExists "
    "DowngradeRefused",
    6: "DatabaseNotReady DatabaseUnreachable DatabaseBusy DatabaseAccessDenied "
    "DatabaseDriverMissing DatabaseNotMigrated ForeignTables DatabaseTooNew DatabaseDamaged "
    "CommitUnknown TransactionConflict",
    9: "InputOutputFailed DiskFull ReadOnly OutputLost",
}
CODES = {name: code for code, names in CONTRACT.items() for name in names.split()}


def test_every_error_stands_in_the_contract() -> None:
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.UserctlError)
    }
    assert kinds - {"UserctlError"} == set(CODES)


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_an_error_is_of_the_kind_that_has_its_exit_code(name: str, code: int) -> None:
    kind = getattr(errors, name)
    assert [EXIT_CODES[base] for base in kind.__mro__ if base in EXIT_CODES] == [code]


def test_an_ended_input_counts_as_an_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(EOFError(), [], debug=False) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("argv", [[], ["-o", "json"]])
def test_without_debug_nothing_of_a_bug_is_shown(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError) as caught:
        _ = {}["hunter2"]
    assert report(caught.value, argv, debug=False) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert not any(word in err for word in ("hunter2", "Traceback", __file__))


@pytest.mark.parametrize("hostile", ["a\nb", "a\x1b[31mb", "a\u202eb", "a\x7fb", "\ud800", '"'])
def test_an_error_in_json_is_one_line_of_ascii(
    hostile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report(errors.NotFound(hostile, hint=hostile), ["-o", "json"], debug=False)
    err = capsys.readouterr().err
    assert (err.isascii(), err.count("\n")) == (True, 1)
    assert not set(err) & {"\x1b", "\x7f"}
    assert json.loads(err)["error"]["hint"] == hostile


@pytest.mark.parametrize("arguments", ["-qo json", "-qojson", "-yqo jsonl"])
def test_json_is_recognised_behind_other_short_options(arguments: str) -> None:
    assert wants_json(["user", "list", *arguments.split()], {})


def test_what_stands_behind_two_dashes_is_no_option() -> None:
    assert not wants_json(["user", "show", "--", "-o", "json"], {})
