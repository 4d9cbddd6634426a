"""What the value of a setting may be, up to the last one that is accepted."""

from pathlib import Path
from typing import Any

import pytest

from userctl.config import parsers as setting_values
from userctl.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("parse", "last", "beyond"),
    [
        (setting_values.secret_key, "k" * 32, "k" * 31),
        (setting_values.secret_key, "é" * 16, "é" * 15),
        (setting_values.role_names, ["r" * 50], ["r" * 51]),
        (setting_values.whole_number(1, 365), 1, 0),
        (setting_values.whole_number(1, 365), 365, 366),
        (setting_values.whole_number(1, 365), "365", "366"),
    ],
)
def test_the_last_value_is_accepted_and_the_next_is_not(parse: Any, last: Any, beyond: Any) -> None:
    parse(last)
    with pytest.raises(InvalidInput):
        parse(beyond)


@pytest.mark.parametrize("value", [True, 2.0, "2.0", None, [2], "", "two", "9" * 5000])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 9"):
        setting_values.whole_number(1, 9)(value)


@pytest.mark.parametrize("value", ["", "a\nb", "a\u202eb", "\ud800", 1, None, ["a"]])
def test_what_is_no_plain_text_is_refused(value: Any) -> None:
    for parse in (setting_values.plain_text, setting_values.path, setting_values.database_url):
        with pytest.raises(InvalidInput):
            parse(value)


@pytest.mark.parametrize("value", ["JSON", "", " json", None, ["json"], {}])
def test_a_word_is_one_of_those_listed(value: Any) -> None:
    parse = setting_values.one_of("table", "json")
    assert parse("json") == "json"
    with pytest.raises(InvalidInput, match="one of table, json"):
        parse(value)


def test_a_path_may_begin_in_the_home_folder() -> None:
    assert setting_values.path("~/secret.key") == Path.home() / "secret.key"


@pytest.mark.parametrize("value", [["user", "ops"], "user,ops", " user , ops "])
def test_role_names_lose_the_spaces_around_them(value: Any) -> None:
    assert setting_values.role_names(value) == ("user", "ops")


@pytest.mark.parametrize("value", [[], "", ",", "user,", "user, ,ops", {"user": 1}, [["user"]]])
def test_no_role_name_may_be_empty_or_missing(value: Any) -> None:
    with pytest.raises(InvalidInput):
        setting_values.role_names(value)


def test_a_refused_secret_key_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        setting_values.secret_key("hunter2")
    assert "hunter2" not in caught.value.message
    assert "not 7" in caught.value.message
