"""How a plan looks to people."""

from userctl.cli.output.plan_diff import plan_lines
from userctl.cli.output.screen import Screen
from userctl.schemas.apply import FieldChange, Plan, PlannedAction, PlannedChange


def change(action: PlannedAction, *fields: FieldChange) -> PlannedChange:
    return PlannedChange(action=action, id=1, email="ada@example.com", fields=[*fields])


PLAN = Plan(
    set="team",
    prune=None,
    digest="",
    unchanged=1234,
    undeclared=2,
    changes=[
        change("create", FieldChange(field="role", new="user")),
        change("change", FieldChange(field="name", old="Ada", new="\x1b[31m")),
        change("change", FieldChange(field="api_token", new="ci")),
        change("restore", FieldChange(field="name", old=None, new="Ada")),
        change("delete"),
    ],
)


def test_each_user_has_a_line_with_the_old_and_the_new_value() -> None:
    assert [*plan_lines(PLAN, None)] == [
        "+ ada@example.com  role: user",
        "~ ada@example.com  name: Ada → \\x1b[31m",
        "~ ada@example.com  API token: ci",
        "+ ada@example.com  restored, name: none → Ada",
        "- ada@example.com  deleted",
        "Plan for the set team: 1 to create, 1 to restore, 2 to change, 1 to delete, "
        "1,234 unchanged, 2 of the set not declared.",
    ]


def test_a_line_has_the_color_of_what_happens() -> None:
    lines = [*plan_lines(PLAN, Screen(80, 24, has_escapes=True, has_colors=True))]
    assert [line[:6] for line in lines[:2]] == ["\x1b[32m+", "\x1b[33m~"]
    assert lines[4].startswith("\x1b[31m-")
    plain = [*plan_lines(PLAN, Screen(80, 24, has_escapes=True, has_colors=False))]
    assert plain == [*plan_lines(PLAN, None)]
