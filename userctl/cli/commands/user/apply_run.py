"""One run of ``apply``: shows the plan, asks, applies it, and prints the outcome."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from userctl import schemas
from userctl.cli.commands.user.apply_options import ApplyLimits, ApplyMode
from userctl.cli.commands.user.plan_files import read_plan, write_plan
from userctl.cli.context import CommandContext
from userctl.cli.errors import PENDING
from userctl.cli.output.output_file import require_safe_output, write_output
from userctl.cli.output.plan_diff import describe_plan, plan_lines, secret_lines
from userctl.cli.output.render import flush, is_terminal, write, write_error
from userctl.cli.output.screen import detect_screen
from userctl.cli.questions import confirm
from userctl.cli.verdicts import conclude, conclude_dry_run
from userctl.core.errors import CommitUnknown, FileExists, PlanStale
from userctl.core.text import pluralize

if TYPE_CHECKING:
    from userctl.schemas.apply import ApplyOptions, ApplyResult, Plan
    from userctl.schemas.declaration import DeclaredUser


def run_apply(
    context: CommandContext, files: Sequence[Path], mode: ApplyMode, limits: ApplyLimits
) -> None:
    """Plan or apply what files declare."""
    # It imports pydantic, which no command does before it runs.
    from userctl.formats.declarations.reader import read_declaration  # noqa: PLC0415

    declared = read_declaration(files)
    expected = None
    if mode.plan is None:
        options = limits.options(declared.set)
    else:
        limits.require_none()
        reviewed = read_plan(mode.plan)
        if schemas.apply.declaration_digest(declared.users) != reviewed.declaration:
            raise PlanStale("The files have changed since the plan was made; nothing was changed.")
        options, expected = reviewed.options, reviewed.plan.digest
    run = ApplyRun(context, declared.users, options, mode.tokens_out)
    if mode.check or mode.plan_out is not None:
        context.creates_database = False
        plan = run.preview(mode.plan_out)
        if mode.check and plan.changes:
            raise typer.Exit(PENDING)
    elif mode.yes or expected is not None:
        run.apply(expected=expected)
    else:
        run.apply_confirmed()


@dataclass(frozen=True)
class ApplyRun:
    """A run of ``apply``.

    Attributes:
        context: prints and asks.
        users: the declared users.
        options: how they are applied.
        tokens_out: where new API tokens are written, if not to standard output.
    """

    context: CommandContext
    users: "Sequence[DeclaredUser]"
    options: "ApplyOptions"
    tokens_out: Path | None

    def preview(self, plan_out: Path | None) -> "Plan":
        """Print the plan, write it to a file on request, and return it.

        Raises:
            Conflict: if it would be refused.
        """
        plan, refusal = self.context.services.apply.plan(self.users, self.options)
        self._print(plan)
        if refusal is not None:
            raise refusal
        if plan_out is not None:
            write_plan(plan_out, plan, self.users, self.options, self.context.files)
        conclude_dry_run(self.context, describe_plan(plan))
        return plan

    def apply_confirmed(self) -> None:
        """Show the plan, ask, and apply the users if the plan is still the same."""
        plan, refusal = self.context.services.apply.plan(self.users, self.options)
        if refusal is not None:
            raise refusal
        self.apply_reviewed(plan, yes=False)

    def apply_reviewed(self, plan: "Plan", *, yes: bool) -> None:
        """Show a plan, ask unless --yes was given, and apply the users if it is still the same."""
        asks = bool(plan.changes) and not yes
        shown = asks and self._is_table and is_terminal()
        if shown:
            self._print(plan)
            flush()
        elif asks and self.context.is_interactive:
            for line in plan_lines(plan, None):
                write_error(line)
        if asks:
            confirm(self.context, partial(str, f"Apply {_changes(plan)}"), yes=False)
        self.apply(expected=plan.digest, plan_shown=shown)

    def apply(self, *, expected: str | None, plan_shown: bool = False) -> None:
        """Apply the users, and print what changed, with the new secrets.

        Args:
            expected: the digest of the plan that was reviewed or confirmed.
            plan_shown: whether the changes have already been printed.
        """
        if self.tokens_out is not None:
            require_safe_output(self.tokens_out, self.context.files)
        file_exists = self.tokens_out is not None and self.tokens_out.exists()
        deliver = partial(self._deliver, file_exists=file_exists)
        try:
            applied = self.context.services.apply.apply(
                self.users, self.options, expected=expected, deliver=deliver
            )
        except CommitUnknown:
            # The tokens may be valid.
            raise
        except BaseException:
            if self.tokens_out is not None and not file_exists:
                self.tokens_out.unlink(missing_ok=True)
            raise
        shown = applied
        if self.tokens_out is not None:
            shown = applied.model_copy(update={"api_tokens": []})
        self._print_applied(shown, plan_shown=plan_shown)
        if not applied.changes:
            conclude(self.context, "Nothing changed: the users are as they are declared")
            return
        facts = [pluralize(len(applied.api_tokens), "API token")] if applied.api_tokens else []
        conclude(self.context, f"Applied {_changes(applied)}", *facts)

    def _deliver(self, applied: "ApplyResult", *, file_exists: bool) -> None:
        """Make sure that the secrets arrive before they become valid."""
        if applied.generated_passwords:
            self.context.require_field("generated_passwords")
        if not applied.api_tokens:
            return
        if self.tokens_out is None:
            self.context.require_field("api_tokens")
            return
        if file_exists:
            raise FileExists(f"{self.tokens_out} already exists.", hint="Choose another file.")
        tokens = [token.model_dump(mode="json") for token in applied.api_tokens]
        text = json.dumps(tokens, indent=2) + "\n"
        write_output(self.tokens_out, [text], files=self.context.files, force=True, private=True)

    def _print_applied(self, applied: "ApplyResult", *, plan_shown: bool) -> None:
        def undo() -> None:
            for token in applied.api_tokens:
                self.context.services.revocation.revoke_text(token.token)

        try:
            if not plan_shown:
                self._print(applied)
            if self._is_table:
                for line in secret_lines(applied):
                    write(f"{line}\n")
            flush()
        except BaseException:
            undo()
            raise

    def _print(self, plan: "Plan") -> None:
        if self._is_table:
            screen = detect_screen(os.environ) if is_terminal() else None
            for line in plan_lines(plan, screen):
                write(f"{line}\n")
        else:
            self.context.emit(plan)

    @property
    def _is_table(self) -> bool:
        context = self.context
        return context.settings.output == "table" and not context.fields and not context.quiet


def _changes(plan: "Plan") -> str:
    return pluralize(len(plan.changes), "change")
