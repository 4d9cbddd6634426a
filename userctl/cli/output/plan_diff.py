"""Formats a plan for people: a line for each user, and a summary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from userctl.cli.output.cells import BAD, GOOD, POOR
from userctl.cli.output.screen import Screen
from userctl.core.text import escape_invisible

if TYPE_CHECKING:
    from userctl.schemas.apply import ApplyResult, FieldChange, Plan, PlannedAction, PlannedChange

_MARKS: "dict[PlannedAction, tuple[str, str]]" = {
    "create": ("+", GOOD),
    "restore": ("+", GOOD),
    "change": ("~", POOR),
    "disable": ("-", BAD),
    "delete": ("-", BAD),
}


def plan_lines(plan: "Plan", screen: Screen | None) -> Iterator[str]:
    """Yield the lines of a plan, in color if the terminal has colors."""
    for change in plan.changes:
        mark, style = _MARKS[change.action]
        line = f"{mark} {escape_invisible(change.email)}  {_describe_change(change)}".rstrip()
        yield screen.paint(line, style) if screen else line
    yield summary(plan)


def summary(plan: "Plan") -> str:
    """Return how many users a plan creates, changes and removes."""
    counts = {
        "to create": plan.count("create"),
        "to restore": plan.count("restore"),
        "to change": plan.count("change"),
        "to disable": plan.count("disable"),
        "to delete": plan.count("delete"),
        "unchanged": plan.unchanged,
        "of the set not declared": plan.undeclared,
    }
    parts = [f"{count:,} {label}" for label, count in counts.items() if count]
    name = "" if plan.set is None else f" for the set {plan.set}"
    return f"Plan{name}: {', '.join(parts) or 'nothing to do'}."


def describe_plan(plan: "Plan") -> str:
    """Return what a plan would do, as the line after a dry run says it."""
    parts = [f"{action} {count:,}" for action in _MARKS if (count := plan.count(action))]
    return f"this would {', '.join(parts)}" if parts else "the users are as they are declared"


def secret_lines(applied: "ApplyResult") -> Iterator[str]:
    """Yield a line for each secret, which is shown only this once."""
    for generated in applied.generated_passwords:
        yield f"{generated.email}  password: {generated.password}"
    for token in applied.api_tokens:
        yield f"{token.email}  API token {escape_invisible(token.label or '')}: {token.token}"


def _describe_change(change: "PlannedChange") -> str:
    fields = ", ".join(
        _describe_field(field, new=change.action == "create") for field in change.fields
    )
    done = {"restore": "restored", "delete": "deleted"}.get(change.action)
    return ", ".join(filter(None, (done, fields)))


def _describe_field(change: "FieldChange", *, new: bool) -> str:
    name = change.field.replace("_", " ").replace("api", "API")
    value = _format_value(change.new)
    if new or (change.old is None and change.field in {"password", "api_token"}):
        return f"{name}: {value}"
    return f"{name}: {_format_value(change.old)} → {value}"


def _format_value(value: str | int | None) -> str:
    return "none" if value is None else escape_invisible(str(value))
