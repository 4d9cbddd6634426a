"""The example of a repository of users does in CI what its README says."""

import re
import subprocess
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from tests.support.cli import Userctl
from tests.support.shell import Shell

EXAMPLE = Path(__file__).parents[3] / "examples" / "users-as-code"


@pytest.fixture
def repository(embedded: Userctl, forked_program: str) -> "Repository":
    copytree(EXAMPLE, embedded.home, dirs_exist_ok=True)
    return Repository(Shell(embedded, Path(forked_program)))


class Repository:
    """A checkout of the example, in which a job runs."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def run(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run a script of the job, with a client of the forge that only keeps the comment."""
        gh = "gh() { cat comment.md; }; export -f gh"
        variables = "export PULL_REQUEST=1 ADA_INITIAL_PASSWORD='correct horse 77'"
        return self._shell.run(f"{gh}; {variables}; bash {script}")


@pytest.mark.soak
def test_a_check_posts_the_plan_and_a_merge_applies_it(repository: Repository) -> None:
    repository.run("-c 'userctl db migrate --quiet'")
    checked = repository.run("ci/check.sh")
    assert checked.returncode == 0, checked.stderr
    assert "+ ada@example.com  name: Ada Lovelace, role: admin" in checked.stdout
    applied = repository.run("ci/apply.sh")
    assert applied.returncode == 0, applied.stderr
    again = repository.run("ci/check.sh")
    assert "Plan for the set platform: 3 unchanged." in again.stdout


@pytest.mark.soak
def test_a_check_of_users_who_cannot_be_applied_fails(repository: Repository) -> None:
    repository.run("-c 'userctl db migrate --quiet; sed -i s/admin$/emperor/ users/admins.yaml'")
    checked = repository.run("ci/check.sh")
    assert checked.returncode == 1
    assert "users/admins.yaml:4:5: 'emperor' is not a configured role" in checked.stdout


def test_the_job_calls_scripts_that_exist() -> None:
    workflow = yaml.safe_load((EXAMPLE / ".github/workflows/users.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    scripts = [step["run"] for step in steps if re.match("ci/", step.get("run", ""))]
    assert scripts == ["ci/check.sh", "ci/apply.sh"]
    assert all((EXAMPLE / script).is_file() for script in scripts)
