"""What machines ask: /healthz, /readyz and /metrics."""
import re
import urllib.error
import urllib.request

import pytest
from conftest import DEADLINE_S, event


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=DEADLINE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def serve(ledger, terminate):
    started = []

    def start(*options):
        service = ledger.start("serve", "--listen", "127.0.0.1:0", *options)
        started.append(service)
        ledger.wait_for(lambda: "dashboard is at" in open(service.log).read(), "the server")
        return int(re.search(r"127\.0\.0\.1:(\d+)", open(service.log).read()).group(1))

    yield start
    for service in started:
        terminate(service)


def metrics(port):
    """Read the text format strictly: {name with labels: value}."""
    status, text = get(port, "/metrics")
    assert status == 200 and text.endswith("\n")
    types, values, current = {}, {}, None
    for line in text.splitlines():
        if words := re.fullmatch(r"# HELP ([a-z_]+) (\S.*)", line):
            current = words.group(1)
            assert current not in types, "a metric comes twice"
        elif words := re.fullmatch(r"# TYPE ([a-z_]+) (gauge|counter)", line):
            assert words.group(1) == current
            types[current] = words.group(2)
            assert current.endswith("_total") == (words.group(2) == "counter")
        else:
            words = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"]*"\})? (-?\d+)', line)
            assert words and words.group(1) == current, line
            assert (words.group(1), words.group(2)) not in values
            values[words.group(1) + (words.group(2) or "")] = int(words.group(3))
    return values


def test_metrics_tell_what_the_ledger_holds(ledger, serve):
    ledger.init(1).send([event(), event("C200", "5.00"), event("C200", "1.00", "withdrawal"),
                         event("C200", "100.00", "withdrawal", floor="0.00"), b"{"])
    ledger.run("project")
    ledger.run("audit")
    port = serve()
    ledger.wait_for(lambda: metrics(port)["daybook_log_up"] == 1, "the log")
    get(port, "/nothing")
    expected = {
        "daybook_view_up": 1, "daybook_view_generation": 1, "daybook_events_applied_total": 5,
        "daybook_accounts": 2, 'daybook_transactions_total{type="deposit"}': 2,
        'daybook_transactions_total{type="withdrawal"}': 1,
        'daybook_rejections_total{reason="overdraft"}': 1,
        'daybook_rejections_total{reason="malformed"}': 1,
        'daybook_rejections_total{reason="duplicate"}': 0,
        "daybook_lag_events": 0, "daybook_lag_seconds": 0, "daybook_stuck": 0,
        "daybook_last_audit_differences": 0, 'daybook_http_requests_total{code="404"}': 1,
        "daybook_http_streams": 0,
    }
    for _ in range(5):  # a busy broker may not answer every second
        found = metrics(port)
        told = {name: found.get(name) for name in expected}
        if told == expected:
            break
    assert told == expected
    assert found["daybook_commits_total"] == ledger.sql("SELECT commit_seq FROM meta")[0][0]
    ledger.send([event()] * 7)
    ledger.wait_for(lambda: metrics(port)["daybook_lag_events"] == 7, "the lag")


def test_ready_means_that_there_is_a_view_and_that_it_follows(ledger, serve):
    ledger.init(1).send([event()])
    port = serve("--ready-lag", "1")
    status, text = get(port, "/readyz")
    assert status == 503 and "no view" in text
    assert metrics(port)["daybook_view_up"] == 0 and get(port, "/healthz") == (200, "ok\n")
    ledger.run("project")
    assert get(port, "/readyz")[0] == 200
    ledger.send([event()])
    ledger.wait_for(lambda: get(port, "/readyz")[0] == 503, "the limit")
    ledger.wait_for(lambda: re.search(r"1 events wait, the oldest for \d+ s",
                                      get(port, "/readyz")[1]), "the reason")
    ledger.run("project")
    assert get(port, "/readyz")[0] == 200


def test_a_log_that_does_not_answer_is_said_and_the_view_goes_on(ledger, serve):
    ledger.init(1).send([event()])
    ledger.run("project")
    port = serve("-b", "127.0.0.1:1")
    status, text = get(port, "/readyz")
    assert status == 200 and "does not answer" in text
    found = metrics(port)
    assert found["daybook_log_up"] == 0 and "daybook_lag_events" not in found
    assert found["daybook_events_applied_total"] == 1


def test_the_limit_is_within_reason(ledger):
    for limit in ("0", "-1", "x", "100000"):
        ledger.run("serve", "--ready-lag", limit, status=2)
