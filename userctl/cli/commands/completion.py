"""``userctl completion``."""

from typing import Annotated, Literal

import typer

from userctl.cli.command import command
from userctl.cli.completion.scripts import SCRIPTS
from userctl.cli.context import CommandContext
from userctl.cli.output.render import write


@command(example="userctl completion bash", records_event=False)
def completion(
    _context: CommandContext,
    shell: Annotated[
        Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")
    ],
) -> None:
    """Print a script that lets a shell complete commands and their values.

    bash: eval "$(userctl completion bash)" in ~/.bashrc; zsh: the same with zsh, in ~/.zshrc; fish:
    userctl completion fish > ~/.config/fish/completions/userctl.fish
    """
    write(SCRIPTS[shell])
