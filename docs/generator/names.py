"""``userctl/cli/completion/names.json``: what completion offers without importing commands."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generator.commands import printed_schemas
from userctl.cli.app import program
from userctl.cli.commands.user.list import SORT_FIELDS
from userctl.cli.completion.names import Command, Parameter
from userctl.cli.help_page import OUTPUT, SHARED
from userctl.cli.output.fields import field_names
from userctl.schemas.audit import AuditTag


def names_file() -> str:
    """Return the names of everything that can be typed, a command on each line."""
    tags = {tag.value: tag.meaning for tag in AuditTag}
    shared: dict[str, Parameter] = {}
    commands = dict(_commands(shared))
    parts: dict[str, Mapping[str, Any]] = {"tags": tags, "shared": shared, "commands": commands}
    return "{" + ",\n".join(f'"{name}": {_lines(rows)}' for name, rows in parts.items()) + "}\n"


def _lines(rows: Mapping[str, Any]) -> str:
    lines = (f"{json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _commands(shared: dict[str, Parameter]) -> Iterator[tuple[str, Command]]:
    """Yield what is typed for each noun and command; collect the options that these share."""
    for name, found in program().commands.items():
        verbs = getattr(found, "commands", None)
        if verbs is None:
            yield name, _command(name, found, shared)
            continue
        yield name, Command(help=found.help, parameters=[], shared=[], fields=[], sort_fields=[])
        for verb, leaf in verbs.items():
            yield f"{name} {verb}", _command(f"{name} {verb}", leaf, shared)


def _command(name: str, leaf: Any, shared: dict[str, Parameter]) -> Command:
    schemas = printed_schemas(leaf)
    items = [item for item in leaf.params if not getattr(item, "hidden", False)]
    common = [item for item in items if getattr(item, "rich_help_panel", None) in {SHARED, OUTPUT}]
    shared |= {item.name: _parameter(item) for item in common}
    return Command(
        help=leaf.help.partition("\n")[0],
        parameters=[
            _parameter(item) for item in items if item not in common and item.name != "help"
        ],
        shared=[item.name for item in common],
        fields=field_names(schemas) if schemas else [],
        sort_fields=list(SORT_FIELDS) if name == "user list" else [],
    )


def _parameter(item: Any) -> Parameter:
    is_option = item.param_type_name == "option"
    takes_value = not (is_option and (item.is_flag or item.count))
    kind = item.type_descriptor
    return Parameter(
        name=item.name,
        options=[*item.opts, *item.secondary_opts] if is_option else [],
        value=(item.metavar or item.name.upper()).rstrip(".") if takes_value else "",
        choices=[str(choice) for choice in kind.choices] if kind.is_choice else [],
        many=item.nargs != 1,
        help=item.help or "",
    )
