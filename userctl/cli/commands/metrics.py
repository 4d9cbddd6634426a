"""``userctl metrics``."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli.command import command
from userctl.cli.context import CommandContext
from userctl.cli.output.output_file import write_output
from userctl.cli.output.render import write


@command(
    example="userctl metrics --textfile userctl.prom",
    recorded=False,
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
    """Print metrics in the Prometheus text format."""
    from userctl.formats.prometheus import exposition

    text = exposition(context.services.metrics.collect())
    if textfile is None:
        write(text)
    else:
        write_output(textfile, [text], files=context.files, force=True, private=False)
