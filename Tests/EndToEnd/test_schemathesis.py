"""schemathesis asks a running Stoker whatever the description of its interface allows, and much that it does not."""

import subprocess
import sys

from harness import API

CONFIGURATION = f"""
seed = 1
request-timeout = 60
continue-on-failure = true
[generation]
deterministic = true
database = "none"
max-examples = 30

# 503 is what these are for.
[[operations]]
include-path = ["/-/ready", "/readyz"]
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 503]

# Streams do not end: of events the first is read, and logs are not followed. In its phase `coverage` schemathesis sends header fields of
# letters and digits alone, and takes them for right: no id of an event (`LIFE-SEQ`) is.
[[operations]]
include-path = "{API}/events"
max-stream-events = 1
[operations.phases.coverage]
checks.positive_data_acceptance.enabled = false
[[operations]]
include-path = "{API}/service/{{name}}/logs"
# That `until` is not before `since` no schema can say.
checks.positive_data_acceptance.enabled = false
[operations.parameters]
"query.follow" = "0"

# Nor do waits for a service to complete that does not.
[[operations]]
include-path = ["{API}/start/{{name}}", "{API}/restart/{{name}}"]
[operations.parameters]
"query.wait" = "running"

# What ends the one that is asked is not asked.
[[operations]]
include-path = "{API}/shutdown"
enabled = false
"""


def test_schemathesis_finds_nothing(make_stoker, health_server):
    """A handful of harmless services, asked whatever the description allows, and much that it does not. What is left out is said in the
    configuration."""
    quick = {"ready": {"min_uptime": "10ms"}, "stop": {"timeout": "1s"}, "restart": {"max_attempts": "unlimited", "backoff": {"base": "50ms", "factor": 1}}}
    stoker = make_stoker(
        services={
            "dao": {"command": "exec sleep 1000", "health": {"http": {"url": health_server().url}, "interval": "100ms"}, "metrics": {"port": 7001}},
            "betanet": {"command": "echo hello; exec sleep 1000", "depends_on": {"onion": {"optional": True}}},
            "onion": {"command": "exec sleep 1000"},
            "harvest": {"command": "exec sleep 1000", "depends_on": ["onion"]},
            "job": {"kind": "oneshot", "command": "true"},
        },
        defaults=quick,
    ).start()
    assert stoker.post("/registry/guest", {"ttl": 604800}).status == 200
    (stoker.directory / "schemathesis.toml").write_text(CONFIGURATION)
    result = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{stoker.port}/api/openapi.json"],
        cwd=stoker.directory, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout[-20_000:] + result.stderr[-5_000:]
    assert stoker.running() and stoker.get("/services").status == 200
