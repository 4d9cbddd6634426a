"""The container knows every part that a constructor asks for by name."""

from importlib import import_module
from inspect import Parameter, getattr_static, signature
from pathlib import Path

import pytest

from userctl.config.loading import load_settings
from userctl.container import Services
from userctl.core.lazy import Lazy

LAZY = {name: lazy for name, lazy in vars(Services).items() if isinstance(lazy, Lazy)}


@pytest.mark.parametrize("name", LAZY)
def test_each_parameter_of_a_constructor_is_a_part_or_a_service(name: str) -> None:
    services = Services(load_settings({}, {}, Path("/nonexistent")), notify=print)
    lazy = LAZY[name]
    build = getattr(import_module(f"userctl.{lazy._module}"), lazy._class)
    for parameter in signature(build).parameters.values():
        wanted = parameter.name.removeprefix("open_")
        names = (wanted, f"_{wanted}")
        known = [name for name in names if getattr_static(services, name, LAZY) is not LAZY]
        assert known or parameter.default is not Parameter.empty, parameter.name
