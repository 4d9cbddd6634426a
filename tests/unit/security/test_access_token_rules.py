"""Signed tokens that a library for JWTs would accept and we do not."""

from typing import Any

import pytest

from tests.support import jws
from tests.unit.security.test_access_token import CODEC, HEADER, NOW, PAYLOAD, SECRET
from userctl.core.errors import TokenInvalid


def test_an_extension_that_only_the_library_knows_is_refused() -> None:
    header = HEADER | {"crit": ["b64"], "b64": True}
    with pytest.raises(TokenInvalid, match="extension"):
        CODEC.decode(jws.sign(header, PAYLOAD, SECRET), NOW)


@pytest.mark.parametrize("scope", [1, True, None, ["deploy"], {}, "a\x1b[31m", "a\u202eb"])
def test_a_scope_is_plain_text_where_there_is_one(scope: Any) -> None:
    with pytest.raises(TokenInvalid, match="scope"):
        CODEC.decode(jws.sign(HEADER, PAYLOAD | {"scope": scope}, SECRET), NOW)


def test_a_scope_comes_back_as_it_was_signed() -> None:
    token = jws.sign(HEADER, PAYLOAD | {"scope": "deploy read:logs"}, SECRET)
    assert CODEC.decode(token, NOW).scope == "deploy read:logs"
