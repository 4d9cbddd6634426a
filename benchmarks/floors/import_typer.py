"""Import typer."""

import typer  # noqa: F401
