"""``userctl/cli/completion/names.json``: what completion offers without importing schemas."""

import json

from generator.commands import commands
from userctl.cli.commands.user.list import SORT_FIELDS
from userctl.cli.output.fields import field_names
from userctl.schemas.audit import AuditTag


def names_file() -> str:
    """Return the fields that commands print and sort by, and the audit tags with their meanings."""
    printing = (command for command in commands() if command.schemas)
    fields = {command.name: field_names(command.schemas) for command in printing}
    tags = {tag.value: tag.meaning for tag in AuditTag}
    names = {"fields": fields, "sort_fields": {"user list": SORT_FIELDS}, "tags": tags}
    return json.dumps(names, indent=1) + "\n"
