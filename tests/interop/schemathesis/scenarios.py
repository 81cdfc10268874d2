"""Requests that schemathesis makes out of /openapi.json, good ones and bad ones, against the running broker.

Once with names of its own making, once with those of a topic and a group that exist. An operation is a scenario: every
answer is described, every description is kept, what the description allows is taken and what it forbids is refused.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).parent
EXAMPLES = "40"
# Whether these can be granted only the broker knows: what a configuration may be, how far a partition goes.
MAY_REFUSE = ["alterConfig", "createTopic", "alterTopic", "trimTopic", "resetGroup", "publishEvents", "readTopicEvents", "readPartitionEvents", "pollGroup", "commitOffsets",
              "createSubscription", "replaceSubscription", "putSubscriptionDefaults", "putTopicSubscriptionDefaults", "receiveEvents", "releaseEvents", "listDeadLetters", "discardDeadLetters", "beginRedrive",
              "routeEvents", "putRule", "storeView", "editDeadLetter", "rejectRecord", "adoptDeadLetters", "tryPolicy", "testSubscription"]
# An event without datacontenttype is told without Content-Type (HTTP-5, JSON-9), and its data is no JSON; tests/e2e/test_openapi.py
# holds their other forms against the description.
TELL_EVENTS = ["readTopicEvents", "readPartitionEvents", "pollGroup"]
# They do not end by themselves; tests/e2e/test_events.py, test_web_socket.py and test_subscription_sockets.py look at them.
ENDLESS = ["streamEvents", "talkEvents", "pullEvents"]
# How long they wait is no matter of the description.
AT_ONCE = {"readTopicEvents": "wait_ms", "readPartitionEvents": "wait_ms", "pollGroup": "wait_ms", "awaitGroup": "timeout_ms", "receiveEvents": "wait_ms"}
# Whether the disk has confirmed an event within a millisecond is a matter of the machine; that it has not is a 504, and no fault.
WAIT_FOR_THE_DISK = ["publishEvents", "routeEvents"]
# Those that are not known at all are answered with 501 (RFC 9110, section 9.1), which is no failure of ours.
METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH", "TRACE"]


def ask(at, method, target, body):
    connection = http.client.HTTPConnection(at, timeout=20)
    connection.request(method, target, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status < 300, answer.read()
    connection.close()


def settings(parameters):
    lines = ["[phases.coverage]", f"unexpected-methods = {json.dumps(METHODS)}", "[parameters]", *(f'"path.{name}" = "{value}"' for name, value in parameters.items())]
    for operation in MAY_REFUSE:
        lines += ["[[operations]]", f'include-operation-id = "{operation}"', "checks.positive_data_acceptance.enabled = false"]
        if operation in AT_ONCE:
            lines.append(f'parameters."query.{AT_ONCE[operation]}" = 0')
        if operation in WAIT_FOR_THE_DISK:
            lines.append('parameters."query.timeout_ms" = 30000')
        if operation in TELL_EVENTS:
            lines += [f"checks.{check}.enabled = false" for check in ("content_type_conformance", "response_schema_conformance")]
    lines += ["[[operations]]", 'include-operation-id = "awaitGroup"', f'parameters."query.{AT_ONCE["awaitGroup"]}" = 0']
    for operation in ENDLESS:
        lines += ["[[operations]]", f'include-operation-id = "{operation}"', "enabled = false"]
    return "\n".join(lines) + "\n"


def run(at, label, parameters, *more):
    with tempfile.TemporaryDirectory() as folder:
        config, report = pathlib.Path(folder) / "schemathesis.toml", pathlib.Path(folder) / "report.xml"
        config.write_text(settings(parameters))
        command = [pathlib.Path(sys.executable).with_name("st"), "--config-file", config, "run", f"http://{at}/openapi.json",
                   "--max-examples", EXAMPLES, "--workers", "1", "--seed", "1", "--generation-database", "none", "--suppress-health-check", "all", "--no-color",
                   "--report", "junit", "--report-junit-path", report, *more]
        done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
        sys.stderr.write(done.stdout + done.stderr)
        if not report.exists():
            print(f"not ok {label}: no report, exit code {done.returncode}", flush=True)
            return
        for case in xml.parse(report).iter("testcase"):
            faults = [*case.iter("failure"), *case.iter("error")]
            why = " / ".join((faults[0].get("message") or faults[0].text or "").split("\n"))[:600] if faults else ""
            name = f"{label}: {case.get('name')}"
            print(f"not ok {name}: {why}" if faults else f"ok {name}", flush=True)


def main():
    at = os.environ["HTTP"]
    run(at, "names of its own", {})
    ask(at, "POST", "/v1/topics", {"name": "orders", "partitions": 3})
    ask(at, "POST", "/v1/groups/billing/reset", {"to": "latest", "topics": {"orders": None}})
    run(at, "names that exist", {"topic": "orders", "group": "billing", "key": "retention_ms"}, "--exclude-method", "DELETE")


main()
