"""How an error becomes a message and an exit code."""

import json
from datetime import timedelta
from typing import Any

import pytest
import typer

from userctl.cli.errors import EXIT_CODES, Terminated, report, wants_json
from userctl.cli.output.render import ReaderLeft
from userctl.core import errors

KINDS = {
    errors.InvalidInput: 2,
    errors.NotFound: 3,
    errors.AuthenticationFailed: 4,
    errors.Conflict: 5,
    errors.DatabaseNotReady: 6,
    errors.InputOutputFailed: 9,
}


def all_errors(kind: type[errors.UserctlError]) -> list[type[errors.UserctlError]]:
    return [kind, *(below for sub in kind.__subclasses__() for below in all_errors(sub))]


def made(kind: type[errors.UserctlError]) -> errors.UserctlError:
    arguments: dict[type, tuple[Any, ...]] = {
        errors.InvalidCredentials: (),
        errors.GuardRefused: (11,),
        errors.TooManyRemovals: (11, 5),
        errors.SetConflict: ([],),
        errors.LoginThrottled: (timedelta(minutes=5),),
        errors.ProofOutdated: (),
        errors.PasswordRejected: (["too short"],),
        errors.DeclarationInvalid: ([],),
        errors.ChangeIgnored: ("DELETE", "users"),
        errors.RowUnreadable: ("users", 7, "name", "is not UTF-8"),
    }
    return kind(*arguments.get(kind, ("It failed.",)))


@pytest.mark.parametrize(
    ("kind", "code"), [(sub, code) for kind, code in KINDS.items() for sub in all_errors(kind)]
)
def test_each_kind_of_error_has_its_exit_code(
    kind: type[errors.UserctlError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(made(kind), ["-o", "json"], debug=False) == code
    captured = capsys.readouterr()
    body = json.loads(captured.err)["error"]
    assert (captured.out, body["code"]) == ("", kind.code)
    assert list(body) == ["code", "message", "hint"]


def test_every_foreseen_error_is_of_one_of_the_kinds() -> None:
    assert set(errors.UserctlError.__subclasses__()) == set(KINDS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (typer.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (Terminated(), 143),
        (ReaderLeft(), 141),
    ],
)
def test_an_interruption_is_reported_by_its_exit_code_alone(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, [], debug=False) == code
    assert capsys.readouterr() == ("", "")


def test_a_message_is_one_line_of_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    report(errors.NotFound("a\nb\x1b[31m\u202ec", hint="Try\nthis."), [], debug=False)
    assert capsys.readouterr().err == "error: a\\nb\\x1b[31m\\u202ec Try\\nthis.\n"


def test_an_unforeseen_error_gives_nothing_away(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(RuntimeError("hunter2"), [], debug=False) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "RuntimeError" in captured.err
    assert "hunter2" not in captured.err


def test_debug_adds_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(errors.NotFound) as caught:
        raise errors.NotFound("It is gone.")
    assert report(caught.value, [], debug=True) == 3
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1] == "error: It is gone."


def test_a_failure_of_the_system_is_exit_9_and_names_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert report(OSError(28, "No space left on device", "/x"), [], debug=False) == 9
    assert capsys.readouterr().err == "error: No space left on device (/x).\n"


def test_a_lack_of_memory_is_the_system_s_and_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(MemoryError(), ["-o", "json"], debug=False) == 9
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "out_of_memory"
    assert report(MemoryError(), [], debug=True) == 9
    assert "bug" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "output", "expected"),
    [
        ("user list -o json", "", True),
        ("user list -o jsonl", "", True),
        ("user list --output json", "", True),
        ("user list --output=json", "", True),
        ("user list -ojson", "", True),
        ("user list -o table -o json", "", True),
        ("user list -o json -o table", "", False),
        ("user list", "json", True),
        ("user list -o csv", "json", False),
        ("user list -o", "", False),
        ("user list", "", False),
        ("user show json", "", False),
    ],
)
def test_json_is_recognized_before_anything_is_parsed(
    argv: str, output: str, expected: bool
) -> None:
    assert wants_json(argv.split(), {"USERCTL_OUTPUT": output}) is expected


CONTRACT = {
    2: "InvalidInput InvalidConfiguration InvalidEmail PasswordRejected SecretKeyMissing "
    "CryptoMissing MetricsMissing UnsafeFile HomeUnknown ConfirmationRequired "
    "ImportRejected DeclarationInvalid",
    3: "NotFound UserNotFound UsersNotFound SessionNotFound EventNotFound TokenNotFound "
    "KeyNotFound",
    4: "AuthenticationFailed InvalidCredentials LoginThrottled PasswordChangeRequired NotLoggedIn "
    "ProofOutdated TokenInvalid TokenExpired TokenRevoked TokenReused AccountDisabled",
    5: "Conflict UserExists UserChanged LastAdmin Declined GuardRefused ClockSuspect "
    "DeclarationIncomplete "
    "TooManyRemovals SetConflict PlanStale "
    "SampleMismatch RefreshConflict ConstraintViolated FileExists DatabaseNotEmpty AdoptionRefused "
    "DowngradeRefused KeyExists KeyNotPublished KeyActive KeyringFull ChangeIgnored",
    6: "DatabaseNotReady DatabaseUnreachable DatabaseBusy DatabaseAccessDenied "
    "DatabaseDriverMissing DatabaseMissing DatabaseNotMigrated ForeignTables DatabaseTooNew "
    "MigrationSecretMissing PasswordLibraryMissing "
    "AuditBroken DatabaseDamaged FileDamaged DatabaseToolMissing DatabaseToolFailed CommitUnknown "
    "TransactionConflict ExtensionMissing SchemaNotFound LocksUnavailable RowUnreadable",
    9: "InputOutputFailed DiskFull OutOfMemory ReadOnly OutputLost",
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
def test_json_is_recognized_after_other_short_options(arguments: str) -> None:
    assert wants_json(["user", "list", *arguments.split()], {})


def test_what_follows_two_dashes_is_not_an_option() -> None:
    assert not wants_json(["user", "show", "--", "-o", "json"], {})
