"""``userctl metrics``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.output_file import write_output
from userctl.cli.output.render import write
from userctl.core.errors import DatabaseNotReady


@command(
    example="userctl metrics --textfile userctl.prom",
    records_event=False,
)
def metrics(
    context: CommandContext,
    textfile: Annotated[
        Path | None,
        typer.Option(
            "--textfile",
            metavar="FILE",
            help="Replace this file, for the textfile collector of node_exporter.",
        ),
    ] = None,
) -> None:
    """Print metrics in the Prometheus text format.

    If the database cannot be read, they say only that, and how the scheduled commands ended.
    """
    from userctl.cli.run_records import read_runs  # noqa: PLC0415
    from userctl.formats.prometheus import exposition

    collected, failure = None, None
    try:
        collected = context.services.metrics.collect()
    except DatabaseNotReady as error:
        failure = error
    text = exposition(collected, read_runs(context.settings))
    if textfile is None:
        write(text)
    else:
        write_output(textfile, [text], files=context.files, force=True, private=False)
    if failure is not None:
        raise failure
