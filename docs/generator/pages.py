"""All pages, and the parts of pages that people write."""

import re
from collections.abc import Mapping

from generator.cli import cli_page, commands_table
from generator.failures import errors_page, exit_codes_page, exit_codes_table
from generator.http_api import http_api_page
from generator.json_output import json_page
from generator.library import library_page
from generator.man import man_page
from generator.names import names_file
from generator.records import audit_page, metrics_page, schema_page
from generator.settings import settings_page

_PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def pages() -> dict[str, str]:
    """Return the text of every generated file, by its path from the root."""
    return {
        "docs/reference/cli.md": cli_page(),
        "docs/reference/settings.md": settings_page(),
        "docs/reference/errors.md": errors_page(),
        "docs/reference/exit-codes.md": exit_codes_page(),
        "docs/reference/json-output.md": json_page(),
        "docs/reference/audit-events.md": audit_page(),
        "docs/reference/metrics.md": metrics_page(),
        "docs/reference/schema.md": schema_page(),
        "docs/reference/library.md": library_page(),
        "docs/reference/http-api.md": http_api_page(),
        "docs/userctl.1": man_page(),
        "userctl/cli/completion/names.json": names_file(),
    }


def parts() -> dict[str, str]:
    """Return what stands between the markers of pages that people write, by its name."""
    return {
        "commands": commands_table("docs/reference/cli.md"),
        "exit-codes": exit_codes_table(),
    }


def replace_parts(text: str, generated: Mapping[str, str]) -> str:
    """Return a page with its generated parts replaced."""
    return _PART.sub(lambda found: f"{found[1]}{generated[found[2]]}\n{found[3]}", text)
