"""``userctl/cli/completion/names.json``: what completion offers without importing schemas."""

import json

from generator.commands import commands
from userctl.cli.output.fields import field_names
from userctl.schemas.audit import AuditTag


def names_file() -> str:
    """Return the fields that each command prints, and the audit tags with their meanings."""
    printing = (command for command in commands() if command.schemas)
    fields = {command.name: field_names(command.schemas) for command in printing}
    tags = {tag.value: tag.meaning for tag in AuditTag}
    return json.dumps({"fields": fields, "tags": tags}, indent=1) + "\n"
