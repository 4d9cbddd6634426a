"""The trace of a run of the command line, as a collector gets it."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.support.cli import PASSWORD, Userctl
from tests.support.collector import Collector, attributes, running_collector
from userctl.cli import tracing

NOT_SAMPLED = "no trace: the run is not sampled"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that answers."""
    with running_collector() as collector:
        yield collector


@pytest.fixture
def traced(local: Userctl, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Userctl:
    """Userctl in an environment that names the collector, however long that takes to answer."""
    monkeypatch.setattr(tracing, "SHORTEST_WAIT_SECONDS", 20)
    local.extra |= collector.environment
    return local


def test_a_run_is_one_span_with_the_name_of_the_command(
    traced: Userctl, collector: Collector
) -> None:
    assert traced("user", "list").code == 0
    [span] = collector.spans
    assert (span.name, attributes(span)) == ("userctl user list", {"process.exit.code": 0})
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert span.parent_span_id == b""
    assert collector.resource["service.name"] == "userctl"
    assert span.end_time_unix_nano > span.start_time_unix_nano


@pytest.mark.parametrize(
    ("arguments", "name", "expected"),
    [
        (["user", "show", "99"], "userctl user show", (3, "user_not_found")),
        (["user", "list", "--nonsense"], "userctl user list", (2, "usage")),
        (["user", "hunter2"], "userctl user", (2, "usage")),
        (["hunter2", "show"], "userctl", (2, "usage")),
        (["health", "-o", "nonsense"], "userctl health", (2, "usage")),
    ],
)
def test_a_failure_has_its_exit_code_and_its_error(
    traced: Userctl, collector: Collector, arguments: list[str], name: str,
    expected: tuple[int, str],
) -> None:  # fmt: skip
    code, error = expected
    assert traced(*arguments).code == code
    span = collector.run
    assert span.name == name
    assert attributes(span) == {"process.exit.code": code, "error.type": error}
    assert span.status.code == Status.STATUS_CODE_ERROR


def test_nothing_that_was_typed_or_stored_is_sent(traced: Userctl, collector: Collector) -> None:
    # Both would tell the whole command line.
    traced.extra["OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"] = "process,*"
    for address in ("ada@example.com", "ada@example.com", "no address ada"):
        traced("user", "create", address, "--name", "Lovelace", "--password-stdin", "-vv",
               stdin=PASSWORD)  # fmt: skip
    assert [attributes(span)["process.exit.code"] for span in collector.spans
            if span.name == "userctl user create"] == [0, 5, 2]  # fmt: skip
    for body in collector.bodies:
        for secret in ("ada", "Lovelace", PASSWORD, "$2b$", str(traced.home)):
            assert secret.encode() not in body
    assert not [key for key in collector.resource if key.startswith("process")]


def test_statements_are_its_children_with_vv(traced: Userctl, collector: Collector) -> None:
    assert traced("user", "create", "ada@example.com", "--no-password", "-vv").code == 0
    run = collector.run
    children = [span for span in collector.spans if span.span_id != run.span_id]
    assert {span.parent_span_id for span in children} == {run.span_id}
    texts = [attributes(span)["db.query.text"] for span in children]
    assert any(text.startswith("INSERT INTO users") for text in texts)
    collector.bodies.clear()
    traced("user", "list", "-v")
    assert [span.name for span in collector.spans] == ["userctl user list"]


def test_with_vv_too_the_command_decides_whether_it_creates_a_database(traced: Userctl) -> None:
    embedded = replace(traced, database_url=None)
    (embedded.home / "users.yaml").write_text("set: team\nusers:\n- email: ada@example.com\n")
    assert embedded("apply", "users.yaml", "--check", "-vv").code == 6
    assert not list(embedded.home.rglob("userctl.db"))
    users = "email\nada@example.com\n"
    assert embedded("user", "import", "-", "--format", "csv", "-vv", stdin=users).code == 0


def test_what_the_driver_runs_for_speed_is_seen_with_vv(
    userctl: Userctl, collector: Collector
) -> None:
    userctl.create("ada@example.com")
    tokens = userctl.login("ada@example.com", "--no-store")
    userctl.extra |= collector.environment
    for command, token, table in (
        ("verify", tokens["access_token"], "users"),
        ("refresh", tokens["refresh_token"], "refresh_tokens"),
    ):
        collector.bodies.clear()
        done = userctl("token", command, "--stdin", "-vv", stdin=token)
        assert done.code == 0
        texts = [attributes(span).get("db.query.text", "") for span in collector.spans]
        [query] = [text for text in texts if text.startswith(f"SELECT {table}.id")]
        assert query.split("\n", maxsplit=1)[0] in done.err
        assert not any(tokens["refresh_token"] in text for text in texts)


def test_a_failed_statement_is_named_by_its_error(traced: Userctl, collector: Collector) -> None:
    traced.database_file.write_bytes(b"no database" * 100)
    assert traced("user", "list", "-vv").code == 6
    assert attributes(collector.run)["error.type"] == "database_damaged"


def test_the_environment_names_the_parent(traced: Userctl, collector: Collector) -> None:
    traced.extra |= {"TRACEPARENT": f"00-{TRACE}-{PARENT}-01", "TRACESTATE": "vendor=1"}
    traced("user", "list")
    span = collector.run
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.trace_state == "vendor=1"


def test_a_parent_that_is_not_sampled_is_not_sent(traced: Userctl, collector: Collector) -> None:
    traced.extra["TRACEPARENT"] = f"00-{TRACE}-{PARENT}-00"
    done = traced("user", "list", "-v")
    assert (done.code, collector.spans) == (0, [])
    assert done.err.splitlines()[-1].endswith(f"{TRACE} userctl.cli.context {NOT_SAMPLED}")


def test_a_hostile_parent_changes_nothing(traced: Userctl, collector: Collector) -> None:
    traced.extra |= {"TRACEPARENT": "\udcff\x1b[31m", "TRACESTATE": "=,;\udcff" * 1000}
    done = traced("user", "list")
    assert (done.code, done.err, collector.run.parent_span_id) == (0, "", b"")


def test_the_trace_id_stands_in_the_log_and_in_the_audit_trail(
    traced: Userctl, collector: Collector
) -> None:
    text = traced("user", "create", "ada@example.com", "--no-password", "-v").err
    found = collector.run.trace_id.hex()
    assert all(f" {found} " in line for line in text.splitlines())
    [event] = traced("audit", "list", "-o", "json").json
    assert event["detail"]["trace_id"] == found
    assert found in traced("audit", "show", "1").out
    assert traced("audit", "verify").code == 0
    log = traced("user", "list", "-v", "--log-format", "json").err
    assert {json.loads(line)["trace_id"] for line in log.splitlines()} == {
        collector.spans[-1].trace_id.hex()
    }


def test_the_events_of_an_import_have_it_too(traced: Userctl, collector: Collector) -> None:
    users = "email,status\nada@example.com,disabled\n"
    assert traced("user", "import", "-", "--format", "csv", stdin=users).code == 0
    events = traced("audit", "list", "-o", "json").json
    assert len(events) == 3
    assert {event["detail"]["trace_id"] for event in events} == {collector.spans[0].trace_id.hex()}


@pytest.mark.parametrize("status", [500, 503])
def test_a_collector_that_refuses_changes_nothing_and_is_not_waited_for(
    traced: Userctl, collector: Collector, status: int
) -> None:
    collector.status, collector.answers = status, 1
    # Who tried again would wait for the second answer.
    traced.extra["OTEL_EXPORTER_OTLP_TIMEOUT"] = "3600"
    done = traced("user", "show", "99", "-v")
    assert done.code == 3
    require_complaint(done.err, "the collector is unreachable or refused it")


def test_a_collector_that_never_answers_changes_nothing(
    traced: Userctl, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.answers = 0
    monkeypatch.setattr(tracing, "SHORTEST_WAIT_SECONDS", 0)
    monkeypatch.setattr(tracing, "LONGEST_SECONDS", 0.1)
    # Who waited for the answer would wait here.
    traced.extra["OTEL_EXPORTER_OTLP_TIMEOUT"] = "3600"
    done = traced("user", "show", "99", "-v")
    assert (done.code, collector.stopped.is_set()) == (3, False)
    require_complaint(done.err, "the collector does not answer")


def require_complaint(text: str, complaint: str) -> None:
    *log, last = text.splitlines()
    assert last.endswith(f"the trace was not sent: {complaint}")
    assert "127.0.0.1" not in text
    assert [line for line in log if line.startswith("error: ")] == [log[-2]]


def test_no_other_server_gets_the_key_of_a_collector_that_redirects(
    traced: Userctl, collector: Collector
) -> None:
    traced.extra["OTEL_EXPORTER_OTLP_HEADERS"] = "x-api-key=hunter2"
    with running_collector() as other:
        collector.status, collector.redirect = 307, f"{other.url}/v1/traces"
        done = traced("user", "list", "-v")
        assert (done.code, len(collector.bodies), other.headers) == (0, 1, {})
    assert "the trace was not sent: " in done.err.splitlines()[-1]


def test_a_dead_collector_changes_nothing(traced: Userctl) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    traced.extra["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://secret:hunter2@127.0.0.1:{port}"
    done = traced("user", "list", "-v")
    assert done.code == 0
    assert "the trace was not sent: " in done.err
    assert "hunter2" not in done.err


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_SDK_DISABLED": "True"},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_TRACES_SAMPLER": "always_off"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    ],
)
def test_traces_can_be_switched_off(
    traced: Userctl, collector: Collector, variables: dict[str, str]
) -> None:
    traced.extra |= variables
    done = traced("user", "list")
    assert (done.code, done.err, collector.spans) == (0, "", [])


@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, 0),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "\x1bhttp/json"}, 0),
        (
            {
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            1,
        ),
    ],
)
def test_a_collector_that_wants_another_protocol_is_sent_nothing(
    traced: Userctl, collector: Collector, variables: dict[str, str], sent: int
) -> None:
    traced.extra |= variables
    done = traced("user", "list", "-v")
    assert (done.code, len(collector.bodies)) == (0, sent)
    refused = done.err.splitlines()[-1].endswith("not http/protobuf, the only one supported")
    assert refused is (sent == 0)


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many", "OTEL_BSP_MAX_QUEUE_SIZE": "-1"},
        {
            "OTEL_EXPORTER_OTLP_TIMEOUT": "soon",
            "OTEL_TRACES_SAMPLER": "nonsense",
            "OTEL_RESOURCE_ATTRIBUTES": "nonsense",
            "OTEL_EXPORTER_OTLP_HEADERS": "\x1b=;",
        },
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "\udcff://"},
    ],
)
def test_unusable_variables_change_nothing(traced: Userctl, variables: dict[str, str]) -> None:
    traced.extra |= variables
    done = traced("user", "list")
    assert (done.code, done.err) == (0, "")


def test_a_trace_that_was_sent_is_not_called_lost_because_of_unusable_variables(
    traced: Userctl, collector: Collector
) -> None:
    # OpenTelemetry complains of each of these, and goes on.
    traced.extra |= {
        "TRACEPARENT": f"00-{TRACE}-{PARENT}-01",
        "TRACESTATE": "====",
        "OTEL_TRACES_SAMPLER": "nonsense",
        "OTEL_RESOURCE_ATTRIBUTES": "nonsense",
        "OTEL_EXPORTER_OTLP_HEADERS": "nonsense",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "1",
    }
    done = traced("user", "show", "99", "-v")
    assert (done.code, len(collector.spans)) == (3, 1)
    assert done.err.splitlines()[-1].endswith(" the trace was sent")


def test_the_variables_of_traces_are_the_standard_ones(
    traced: Userctl, collector: Collector
) -> None:
    traced.extra |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/here",
        "OTEL_SERVICE_NAME": "users-admin",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=prod",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x",
    }
    traced("user", "list")
    assert collector.resource["service.name"] == "users-admin"
    assert collector.resource["deployment.environment.name"] == "prod"
    assert collector.headers["authorization"] == "Bearer x"
