"""Files of plans, which are reviewed and then applied as they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from userctl import schemas
from userctl.cli.output.output_file import write_output
from userctl.config.paths import InstallationFiles
from userctl.core.errors import InputOutputFailed, InvalidInput

if TYPE_CHECKING:
    from userctl.schemas.apply import ApplyOptions, Plan, PlanFile
    from userctl.schemas.declaration import DeclaredUser

_LARGEST = 100 * 2**20


def write_plan(
    file: Path,
    plan: "Plan",
    users: "Sequence[DeclaredUser]",
    options: "ApplyOptions",
    files: InstallationFiles,
) -> None:
    """Write a plan to a file that only the owner can read.

    Raises:
        InputOutputFailed: if it cannot be written.
    """
    plan_file = schemas.apply.PlanFile(
        adopt=options.adopt,
        limit=options.limit,
        declaration=schemas.apply.declaration_digest(users),
        plan=plan,
    )
    text = plan_file.model_dump_json(indent=2) + "\n"
    write_output(file, [text], files=files, force=True, private=True)


def read_plan(file: Path) -> "PlanFile":
    """Return the plan in a file.

    Raises:
        InputOutputFailed: if the file cannot be read.
        InvalidInput: if it is not a plan.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST)
    except OSError as error:
        raise InputOutputFailed(f"Cannot read {file}: {error.strerror}.") from error
    try:
        return schemas.apply.PlanFile.model_validate_json(content)
    except ValueError:
        raise InvalidInput(
            f"{file} is not a plan.", hint="Make one with 'userctl apply FILE --plan-out PLAN'."
        ) from None
