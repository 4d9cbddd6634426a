"""Every command, and where it is implemented.

A new verb is a file in :mod:`userctl.cli.commands` and a row here. Its module is imported when
the verb is typed, or when help lists it.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A noun: a summary for the help of the program, and the import path of each verb."""

    summary: str
    verbs: Mapping[str, str]


COMMANDS: Mapping[str, Noun | str] = {
    "user": Noun(
        "Create, find, change, disable and delete users.",
        {
            "create": "userctl.cli.commands.user.create:create",
            "list": "userctl.cli.commands.user.list:list_",
            "show": "userctl.cli.commands.user.show:show",
            "why": "userctl.cli.commands.user.why:why",
            "update": "userctl.cli.commands.user.update:update",
            "edit": "userctl.cli.commands.user.edit:edit",
            "passwd": "userctl.cli.commands.user.passwd:passwd",
            "disable": "userctl.cli.commands.user.disable:disable",
            "enable": "userctl.cli.commands.user.enable:enable",
            "unlock": "userctl.cli.commands.user.unlock:unlock",
            "delete": "userctl.cli.commands.user.delete:delete",
            "restore": "userctl.cli.commands.user.restore:restore",
            "purge": "userctl.cli.commands.user.purge:purge",
            "export": "userctl.cli.commands.user.export:export",
            "import": "userctl.cli.commands.user.import_:import_",
        },
    ),
    "apply": "userctl.cli.commands.user.apply:apply",
    "login": "userctl.cli.commands.session.login:login",
    "logout": "userctl.cli.commands.session.logout:logout",
    "whoami": "userctl.cli.commands.session.whoami:whoami",
    "session": Noun(
        "List, show and end the sessions of users.",
        {
            "list": "userctl.cli.commands.session.list:list_",
            "show": "userctl.cli.commands.session.show:show",
            "end": "userctl.cli.commands.session.end:end",
        },
    ),
    "token": Noun(
        "Refresh, verify, issue, list, revoke and purge tokens.",
        {
            "refresh": "userctl.cli.commands.token.refresh:refresh",
            "print": "userctl.cli.commands.token.print:print_",
            "verify": "userctl.cli.commands.token.verify:verify",
            "issue": "userctl.cli.commands.token.issue:issue",
            "list": "userctl.cli.commands.token.list:list_",
            "revoke": "userctl.cli.commands.token.revoke:revoke",
            "purge": "userctl.cli.commands.token.purge:purge",
        },
    ),
    "key": Noun(
        "Generate, rotate, retire and publish signing keys.",
        {
            "generate": "userctl.cli.commands.key.generate:generate",
            "list": "userctl.cli.commands.key.list:list_",
            "rotate": "userctl.cli.commands.key.rotate:rotate",
            "retire": "userctl.cli.commands.key.retire:retire",
            "jwks": "userctl.cli.commands.key.jwks:jwks",
            "import": "userctl.cli.commands.key.import_:import_",
        },
    ),
    "audit": Noun(
        "Read, export and verify the audit trail.",
        {
            "list": "userctl.cli.commands.audit.list:list_",
            "show": "userctl.cli.commands.audit.show:show",
            "summary": "userctl.cli.commands.audit.summary:summary",
            "export": "userctl.cli.commands.audit.export:export",
            "head": "userctl.cli.commands.audit.head:head",
            "verify": "userctl.cli.commands.audit.verify:verify",
        },
    ),
    "db": Noun(
        "Migrate, inspect, back up, copy and adopt databases.",
        {
            "migrate": "userctl.cli.commands.db.migrate:migrate",
            "status": "userctl.cli.commands.db.status:status",
            "history": "userctl.cli.commands.db.history:history",
            "downgrade": "userctl.cli.commands.db.downgrade:downgrade",
            "stats": "userctl.cli.commands.db.stats:stats",
            "vacuum": "userctl.cli.commands.db.vacuum:vacuum",
            "adopt": "userctl.cli.commands.db.adopt:adopt",
            "backup": "userctl.cli.commands.db.backup:backup",
            "inspect": "userctl.cli.commands.db.inspect:inspect",
            "restore": "userctl.cli.commands.db.restore:restore",
            "copy": "userctl.cli.commands.db.copy:copy",
        },
    ),
    "config": Noun(
        "Show the settings and create a config file.",
        {
            "show": "userctl.cli.commands.config.show:show",
            "path": "userctl.cli.commands.config.path:path",
            "init": "userctl.cli.commands.config.init:init",
        },
    ),
    "completion": "userctl.cli.commands.completion:completion",
    "doctor": "userctl.cli.commands.doctor:doctor",
    "health": "userctl.cli.commands.health:health",
    "metrics": "userctl.cli.commands.metrics:metrics",
}

SCHEDULED = (
    "audit export",
    "audit head",
    "audit verify",
    "db backup",
    "db vacuum",
    "doctor",
    "token purge",
    "user purge",
)
"""The commands that schedulers such as cron run; ``userctl metrics`` reports their last runs."""
