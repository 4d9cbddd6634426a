"""``userctl config show``."""

from userctl import schemas
from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.config.settings import SETTINGS

COLUMNS = ("key", "value", "source")


@command(
    example="userctl config show", prints=lambda: schemas.setting.SettingRead, records_event=False
)
def show(context: CommandContext) -> None:
    """List every setting, its value and where it came from.

    Secrets are masked.
    """
    settings = context.settings
    records = [
        schemas.setting.SettingRead(
            key=name,
            value=_format(name, getattr(settings, name)),
            source=settings.origins[name],
        )
        for name in SETTINGS
    ]
    context.emit_all(records, COLUMNS)


def _format(name: str, value: object) -> str | None:
    if value is None:
        return None
    if SETTINGS[name].secret:
        return "***"
    return ",".join(value) if isinstance(value, tuple) else str(value)
