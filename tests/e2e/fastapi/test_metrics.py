"""The metrics of a router that runs in several processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from userctl.fastapi.metrics import RequestMetrics

class Workers:
    pass

def work(waiting):
    workers = Workers()
    metrics = RequestMetrics(workers)
    metrics.count("GET", "/users", 200, 0.1)
    workers.report_waiting(waiting)
    return metrics

for waiting in (2, 3):
    if os.fork() == 0:
        work(waiting)
        os.kill(os.getpid(), 9)
    os.wait()
print(work(1).exposition().decode())
"""


@pytest.mark.soak
def test_each_process_of_a_service_answers_with_the_sums_of_all(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert 'userctl_http_requests_total{method="GET",path="/users",status="200"} 3.0' in lines
    # What waited in processes that were killed waits no longer.
    assert "userctl_http_hashes_waiting 1.0" in lines
