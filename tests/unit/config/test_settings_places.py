"""Messages about settings name the place, and no input ends in a bug."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from userctl.config.loading import load_settings
from userctl.config.settings import SETTINGS, Settings
from userctl.config.template import config_template
from userctl.config.tolerant_loading import load_readable_settings
from userctl.core.errors import InvalidConfiguration


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refused(file: Path, environ: dict[str, str] | None = None, **flags: str) -> str:
    """Return why the settings are refused."""
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings(flags, environ or {}, file)
    return caught.value.message


def test_a_bad_flag_names_the_option(file: Path) -> None:
    assert "database_url (from option --database-url)" in refused(file, database_url="x")


def test_a_bad_variable_names_itself(file: Path) -> None:
    message = refused(file, {"USERCTL_SESSION_DAYS": "many"})
    assert "session_days (from environment USERCTL_SESSION_DAYS)" in message


def test_a_secret_in_a_profile_is_refused_and_not_shown(file: Path) -> None:
    file.write_text(f"[profiles.prod]\nsecret_key = '{'hunter2' * 9}'\n")
    message = refused(file, profile="prod")
    assert "'secret_key' (in profile 'prod'" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("content", ["profiles = 1", "[profiles]\nprod = 1"])
def test_a_profile_has_to_be_a_section(file: Path, content: str) -> None:
    file.write_text(content)
    assert "no profile 'prod'" in refused(file, profile="prod")


@pytest.mark.parametrize("name", ["database_url", "secret_key_file"])
def test_an_unknown_home_folder_is_an_error_of_the_setting(file: Path, name: str) -> None:
    prefix = "sqlite:///" if name == "database_url" else ""
    variable = f"USERCTL_{name.upper()}"
    message = refused(file, {variable: f"{prefix}~no-such-user/x"})
    assert f"{name} (from environment {variable})" in message


@pytest.mark.parametrize(
    "content",
    ["roles = " + "[" * 50_000, "session_days = " + "9" * 5000, "session_days = 0x" + "f" * 5000],
    ids=["deep", "decimal", "hexadecimal"],
)
def test_a_file_beyond_the_limits_of_the_parser_is_named(file: Path, content: str) -> None:
    file.write_text(content)
    assert str(file) in refused(file)


@pytest.mark.parametrize("text", ["", "1e1", "0x0a", "10.0", "--10"])
def test_a_number_is_written_in_plain_digits(file: Path, text: str) -> None:
    assert "whole number" in refused(file, {"USERCTL_SESSION_DAYS": text})


def test_the_template_may_be_used_with_every_default_uncommented(file: Path) -> None:
    defaults = load_settings({}, {}, file)
    lines = config_template().partition("# A profile")[0].splitlines()
    chosen = [line[2:] for line in lines if " = " in line and '"..."' not in line]
    file.write_text("\n".join(chosen))
    settings = load_settings({}, {}, file)
    given = {name for name, origin in settings.origins.items() if origin == str(file)}
    assert given == {line.partition(" = ")[0] for line in chosen}
    assert len(given) > 5
    assert all(getattr(settings, name) == getattr(defaults, name) for name in SETTINGS)


def test_a_file_in_another_encoding_is_named(file: Path) -> None:
    file.write_bytes("output = 'json'".encode("utf-16"))
    assert refused(file) == f"{file} is not UTF-8."


def test_a_home_that_is_no_folder_holds_no_config_file(file: Path) -> None:
    """Of system users it may be ``/dev/null``."""
    assert load_settings({}, {}, Path("/dev/null/.config/userctl/config.toml")).profile is None


@pytest.mark.parametrize("load", [load_settings, load_readable_settings])
def test_a_pipe_instead_of_a_config_file_is_not_waited_for(
    file: Path, load: Callable[..., Settings]
) -> None:
    os.mkfifo(file)
    try:
        problems = load({}, {}, file).problems
    except InvalidConfiguration as error:
        problems = (error,)
    assert [problem.message for problem in problems] == [f"{file} is not a regular file."]
