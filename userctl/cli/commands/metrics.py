"""``userctl metrics``: numbers for Prometheus."""

from pathlib import Path
from typing import Annotated

import typer

from userctl.cli.command import Commands
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write
from userctl.core.atomic_files import write_atomic

commands = Commands()


@commands.command("metrics", example="userctl metrics --textfile userctl.prom")
def metrics(
    run: CommandContext,
    textfile: Annotated[
        Path | None,
        typer.Option(
            "--textfile", metavar="FILE", help="Replace this, for the collector of node_exporter."
        ),
    ] = None,
) -> None:
    """Print what a monitor wants to know, in the text format of Prometheus."""
    from userctl.formats.prometheus import exposition

    text = exposition(run.services.metrics.collect())
    if textfile is None:
        write(text)
    else:
        write_atomic(textfile, [text], replace=True, private=False)
