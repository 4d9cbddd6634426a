"""``reference/json-output.md``."""

from collections.abc import Iterator
from typing import Any, get_args

from generator.commands import Command, commands, prints_records
from generator.markdown import code, page, plain, summary, table

INTRODUCTION = """\
`-o json` prints the bare object, or an array where a command lists; `-o jsonl` prints an object
for each line, and `-o csv` the same keys as a header. Keys are stable: new ones may be added,
none is renamed or removed within a major version. Times are UTC, RFC 3339, and end in `Z`; a
value that is not known is `null`. `--fields id,email` picks keys and their order, `-q` prints
only ids.

Standard output holds the payload and nothing else; an error leaves it empty (see
[errors](errors.md)). Read them with `jq` or any JSON parser:

<!-- run first:
userctl db migrate --quiet
-->
```sh
userctl user list -o jsonl --fields id,email
```"""


def json_page() -> str:
    """Return the page of all JSON keys."""
    printing = [command for command in commands() if prints_records(command)]
    rows = [
        [_link(command), ", ".join(f"[{_title(s)}](#{_title(s).lower()})" for s in command.schemas)]
        for command in printing
    ]
    blocks = [INTRODUCTION, table(["command", "prints"], rows)]
    schemas = {schema for command in printing for schema in command.schemas}
    schemas |= {nested for schema in schemas for nested in _nested(schema)}
    for schema in sorted(schemas, key=_title):
        blocks += [f"## {_title(schema)}", plain(summary(schema.__doc__)), _keys(schema)]
    return page("JSON output", *blocks)


def _link(command: Command) -> str:
    return f"[`{command.name}`](cli.md#userctl-{command.name.replace(' ', '-')})"


def _nested(schema: Any) -> Iterator[type]:
    """Yield the schemas of records that the records of a schema list."""
    for field in schema.model_fields.values():
        for argument in get_args(field.annotation):
            if isinstance(argument, type) and hasattr(argument, "model_fields"):
                yield argument
                yield from _nested(argument)


def _title(schema: type) -> str:
    return schema.__name__


def _keys(schema: Any) -> str:
    described = schema.model_json_schema(mode="serialization")
    definitions = described.get("$defs", {})
    rows = [
        [code(key), _type(value, definitions)] for key, value in described["properties"].items()
    ]
    return table(["key", "value"], rows)


def _type(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        if definitions[name].get("type") == "object":
            return f"[{name}](#{name.lower()})"
        return _type(definitions[name], definitions)
    if "anyOf" in value:
        return " or ".join(_type(choice, definitions) for choice in value["anyOf"])
    if "const" in value:
        return code(f'"{value["const"]}"')
    if "enum" in value:
        return " or ".join(code(f'"{choice}"') for choice in value["enum"])
    if value.get("format") == "date-time":
        return "time"
    if value.get("type") == "array":
        return f"array of {_type(value.get('items', {}), definitions)}"
    return {"null": "null"}.get(str(value.get("type")), str(value.get("type", "any")))
