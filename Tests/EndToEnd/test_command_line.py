"""The command line: verbs, service files that are wrong, addresses that are taken, exit codes."""

import contextlib
import json
import os
import pathlib
import pwd
import socket
import subprocess
import tempfile
import threading

import pytest

from conftest import fog_file
from harness import BINARIES, DEADLINE, EXAMPLE, FOG, http_request, recorder, wait_for

# Exit codes; `stoker --help` documents them.
FINE, REFUSED, USAGE, BAD_FILE, UNAVAILABLE, LOCKED = 0, 1, 64, 65, 69, 75

WRONG = """\
version: 1
services:
  dao:
    comand: ["sleep", "1000"]
  edge:
    command: ["sleep", "1000"]
    depends_on: [doa]
    health: {http: {url: "http://127.0.0.1:1/"}, interval: soon}
  edge:
    command: ["sleep", "1000"]
"""


def test_a_wrong_service_file_is_refused_with_every_fault_at_its_place(make_stoker):
    stoker = make_stoker(text=WRONG)
    for verb in ("run", "check", "graph"):
        result = stoker.command(verb, "--config", str(stoker.file))
        assert result.returncode == BAD_FILE, (verb, result)
        for line in ("4:5", "7:18", "8:", "9:3"):
            assert f"stoker.yaml:{line}" in result.stderr, (verb, line, result.stderr)
        assert "did you mean 'command'" in result.stderr
        assert "did you mean 'dao'" in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "version"),
        ("version: 1\nservices: {a: {command: [a], depends_on: [b]}, b: {command: [b], depends_on: [a]}}\n", "cycle"),
        ("version: 1\nservices: {a: {command: [a], health: {grpc: {address: 'a:1'}}}}\n", "not supported yet"),
        ("version: 2\nservices: {}\n", "version"),
        ("version: 1\nservices:\n\ta: {}\n", "stoker.yaml:3:"),
        ('version: 1\nservices: {a: {command: [a], version: "1\\n2"}}\n', "one line"),
    ],
    ids=["empty", "cycle", "not supported yet", "version 2", "tab", "two lines"],
)
def test_service_files_that_are_refused(make_stoker, text, message):
    stoker = make_stoker(text=text)
    result = stoker.command("run", "--config", str(stoker.file))
    assert result.returncode == BAD_FILE
    assert message in result.stderr
    assert not stoker.state.exists(), "nothing was begun"


@pytest.mark.parametrize(
    "line, column, fault",
    [
        ('listen: ["127.0.0.1:1", "unix:/tmp/s/"]', 27, "unix:/tmp/s/'; the path of a socket ends with the name of a file"),
        ('listen: ["unix:/"]', 12, "unix:/'; the path of a socket ends with the name of a file"),
        ('listen: ["127.0.0.1:+80"]', 12, "127.0.0.1:+80'"),
    ],
)
def test_check_refuses_every_listener_that_run_refuses(make_stoker, line, column, fault):
    stoker = make_stoker(text=f"version: 1\nstoker:\n  {line}\nservices: {{a: {{command: [a]}}}}\n")
    for verb in ("check", "run"):
        result = stoker.command(verb, "--config", str(stoker.file))
        assert (result.returncode, result.stdout) == (BAD_FILE, ""), (verb, result)
        sentence = f"stoker.yaml:3:{column}: 'stoker.listen' must be HOST:PORT, [V6]:PORT or unix:/path, not '{fault}"
        assert result.stderr.splitlines()[0].endswith(sentence), (verb, result.stderr)
    assert not stoker.state.exists(), "nothing was begun"


def test_an_unreadable_service_file_is_one_clear_sentence(make_stoker):
    stoker = make_stoker()
    result = stoker.command("run", "--config", "nowhere.yaml")
    assert result.returncode == BAD_FILE or result.returncode == 66
    assert "nowhere.yaml" in result.stderr and "No such file" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    result = stoker.command("run", "--config", str(stoker.directory))
    assert result.returncode in (BAD_FILE, 66)
    stoker.file.unlink()
    result = stoker.command("run")
    assert "stoker.yaml" in result.stderr


def test_a_port_in_use_is_one_clear_sentence_and_starts_nothing(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", stoker.port))
        holder.listen()
        result = stoker.command("run", "--config", str(stoker.file))
    assert result.returncode == UNAVAILABLE
    user = pwd.getpwuid(os.getuid()).pw_name
    comm = pathlib.Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    holder = f"address 127.0.0.1:{stoker.port} is already in use, by {comm} (pid {os.getpid()}, user {user}); stop what uses it"
    assert holder in result.stderr
    assert stoker.starts("a") == []


def test_a_socket_in_use_names_its_holder_and_another_users_process_is_not_made_up(make_stoker, make_unprivileged, tmp_path):
    path = f"/tmp/e2e-{os.getpid()}.sock"
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"listen": [f"unix:{path}"]})
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(path)
        try:
            holder.listen()
            result = stoker.command("run", "--config", str(stoker.file))
        finally:
            os.unlink(path)
    assert result.returncode == UNAVAILABLE and f"{path} is already in use, by " in result.stderr, result.stderr
    assert f"(pid {os.getpid()}, user " in result.stderr
    other = make_unprivileged(services={"a": recorder("a")})
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("0.0.0.0", other.port))
        holder.listen()
        result = other.command("run", "--config", str(other.file))
    assert result.returncode == UNAVAILABLE
    if os.geteuid() == 0:
        assert "is already in use, by a process of the user root, whose number only that user and root can see" in result.stderr, result.stderr


def test_a_second_instance_on_one_state_directory_is_refused_and_the_first_unharmed(make_stoker):
    first = make_stoker(services={"a": recorder("a")}).start()
    pid = first.service("a")["pid"]
    second = make_stoker(name="second", services={"a": recorder("a")}, supervisor={"state_dir": str(first.state)})
    result = second.command("run", "--config", str(second.file))
    assert result.returncode == LOCKED
    assert str(first.process.pid) in result.stderr
    assert first.running() and first.service("a")["pid"] == pid
    assert second.starts("a") == []


def test_a_state_directory_that_cannot_be_made_is_one_clear_sentence(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"state_dir": "/proc/stoker"})
    result = stoker.command("run", "--config", str(stoker.file))
    assert result.returncode not in (0, USAGE)
    assert "/proc/stoker" in result.stderr
    assert stoker.starts("a") == []


def test_check_says_what_the_file_holds(make_stoker, tmp_path):
    stoker = make_stoker()
    stoker.file.write_text(fog_file(stoker.state, stoker.port)[0])
    result = stoker.command("check", "--config", str(stoker.file))
    assert result.returncode == FINE, result.stderr
    assert "10 services" in result.stdout
    assert f"127.0.0.1:{stoker.port}" in result.stdout and str(stoker.state) in result.stdout
    assert not stoker.state.exists(), "check touches nothing"


def test_graph_has_three_formats(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b", depends_on={"a": {"optional": True}})})
    file = str(stoker.file)
    assert "• b [optional: a]" in stoker.command("graph", "--config", file).stdout
    dot = stoker.command("graph", "--config", file, "--format", "dot").stdout
    assert dot.startswith("digraph") and "dashed" in dot
    shape = json.loads(stoker.command("graph", "--config", file, "--format", "json").stdout)
    assert shape["startup_order"] == ["a", "b"]
    assert shape["dependencies"]["b"]["optional_dependencies"] == ["a"]


def test_the_verbs_drive_a_running_stoker(make_stoker, health_server):
    server = health_server()
    stoker = make_stoker(
        services={
            "dao": recorder("dao", then="echo hello; echo oops >&2; exec sleep 1000", health={"http": {"url": server.url}, "interval": "200ms"}),
            "edge": recorder("edge", depends_on=["dao"]),
        }
    ).start()
    stoker.wait_health("dao", "healthy")

    def run(*arguments):
        return stoker.command(*arguments, "--config", str(stoker.file))

    status = run("status")
    assert status.returncode == FINE
    assert "dao" in status.stdout and "running" in status.stdout and "healthy" in status.stdout
    assert json.loads(run("status", "--json").stdout)["total_services"] == 2
    wait_for("health", lambda: run("health").returncode == FINE)

    assert run("stop", "dao").returncode == REFUSED
    assert "edge" in run("stop", "dao").stderr
    assert run("stop", "edge", "dao").returncode == FINE
    stoker.wait_status("dao", "stopped")
    assert run("start", "edge").returncode == FINE
    stoker.wait_status("edge", "running")
    assert stoker.service("dao")["status"] == "running"
    before = stoker.service("dao")["pid"]
    assert run("restart", "dao").returncode == FINE
    assert stoker.service("dao")["pid"] != before

    unknown = run("restart", "daoo")
    assert unknown.returncode == REFUSED
    assert "Service 'daoo' not found; did you mean 'dao'?" in unknown.stderr

    wait_for("the log", lambda: "hello" in run("logs", "dao").stdout)
    assert "oops" in run("logs", "dao", "--stream", "stderr").stdout
    assert "hello" not in run("logs", "dao", "--stream", "stderr").stdout
    assert len(run("logs", "dao", "-n", "1").stdout.splitlines()) == 1
    assert "dao" in run("why", "dao").stdout

    server.status = 500
    stoker.wait_health("dao", "degraded", "unhealthy")
    assert run("health").returncode not in (FINE, USAGE)

    # The same by address: TCP, socket, environment.
    for address in (f"http://127.0.0.1:{stoker.port}", f"unix:{stoker.state}/stoker.sock"):
        assert stoker.command("status", "--url", address).returncode == FINE
        assert stoker.command("status", environment={"STOKER_URL": address}).returncode == FINE
    # And without --config, from the folder of the file.
    assert stoker.command("status").returncode == FINE


def test_without_a_running_stoker_the_verbs_say_what_to_do(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    for arguments in (("status",), ("health",), ("restart", "a"), ("why", "a"), ("logs", "a")):
        result = stoker.command(*arguments, "--config", str(stoker.file))
        assert result.returncode == UNAVAILABLE, (arguments, result)
        assert "stoker run" in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1


def test_why_of_a_waiting_service_names_the_root_cause(make_stoker):
    stoker = make_stoker(
        services={
            "root": recorder("root", then="exit 42", restart={"max_attempts": 0}, health={"exec": {"command": ["false"]}}),
            "middle": recorder("middle", depends_on=["root"]),
            "leaf": recorder("leaf", depends_on=["middle"]),
        }
    ).start(ready=False)
    wait_for("the failure", lambda: stoker.running() and stoker.wait_status("root", "failed"))
    stoker.wait_status("leaf", "waiting")
    said = stoker.command("why", "leaf", "--config", str(stoker.file)).stdout
    for word in ("leaf", "middle", "root", "42"):
        assert word in said, said
    assert stoker.post("/start/leaf").status == 409, "a required dependency has failed"


def test_run_says_in_plain_lines_what_it_does(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b", depends_on=["a"])}).start()
    assert stoker.stop() == 0
    said = stoker.output.read_text()
    for word in ("a", "b", "running", "stopped", f"127.0.0.1:{stoker.port}"):
        assert word in said, said


def test_log_lines_can_be_json(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"log": {"format": "json", "level": "debug"}}).start()
    assert stoker.stop() == 0
    lines = stoker.output.read_text().splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert records and all("message" in record or "msg" in record for record in records)


def test_version_and_help(make_stoker):
    stoker = make_stoker()
    assert "stoker" in stoker.command("version").stdout.lower()
    assert stoker.command("--help").returncode == FINE
    for verb in ("run", "check", "graph", "status", "health", "start", "stop", "restart", "why", "logs", "demo", "version"):
        result = stoker.command(verb, "--help")
        assert result.returncode == FINE and "USAGE" in result.stdout, verb
    for wrong in (("nonsense",), ("help", "nonsense"), ("help", "prometheus", "nonsense")):
        result = stoker.command(*wrong)
        assert result.returncode == USAGE and result.stdout == "" and "there is no verb 'nonsense'" in result.stderr, wrong
    result = stoker.command("ps")
    assert result.returncode == USAGE and "there is no verb 'ps'; its name here is 'stoker status'\n" in result.stderr
    for right in (("help",), ("help", "status"), ("help", "prometheus", "rules")):
        assert stoker.command(*right).returncode == FINE, right


@pytest.mark.xdist_group("demo")
def test_the_demo_is_the_example_checked_every_two_seconds(make_stoker):
    """`stoker demo` needs no file, from anywhere. It has the ports of the example, as only the tests of the group `demo` have."""
    busy = [port for port in (*range(7001, 7011), 10101) if socket.socket().connect_ex(("127.0.0.1", port)) == 0]
    if busy:
        pytest.fail(f"the demo's ports {busy} are taken: is a demo running?")
    stoker = make_stoker()
    stoker.port = 10101
    with tempfile.TemporaryDirectory(prefix="stoker-", dir="/tmp") as home:  # short: a socket's path has 107 bytes
        demonstrate(stoker, home)


def demonstrate(stoker, home):
    def start():
        stoker.process = stoker.spawn("demo", environment={"XDG_STATE_HOME": home, "PATH": os.environ["PATH"]})
        wait_for("ten running services", lambda: stoker.running() and stoker.get("/metrics").json["metrics"]["running_services"] == 10)
        return {name: service["pid"] for name, service in stoker.get("/services").json["services"].items()}

    pids = start()
    for _ in range(3):
        # The next one begins while this one is still dying.
        stoker.process.kill()
        dying = stoker.process
        assert start() == pids, "after a kill the next demo adopts the services, though they use its ports"
        dying.wait(DEADLINE)
    graph = stoker.get("/dependencies").json["visualization"]
    assert graph == stoker.command("graph", "--config", str(EXAMPLE)).stdout
    assert list(stoker.get("/services").json["services"]) == FOG
    page = stoker.request("GET", "/metrics").text
    for name in FOG:
        assert f'stoker_health_check_interval_seconds{{name="{name}"}} 2\n' in page
    assert http_request(7001, "GET", "/").text.startswith("This is dao")
    refused = stoker.post("/reload")
    assert (refused.status, refused.json["error"]) == (409, "reload_refused"), refused.text
    result = stoker.command("reload", "--url", "http://127.0.0.1:10101")
    assert result.returncode == 1 and result.stderr == "stoker: Stoker was not started from a service file\n"
    assert stoker.stop() == 0


def test_an_answer_without_end_is_no_stokers(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            client = server.accept()[0]
            with client, contextlib.suppress(ConnectionError):
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    client.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        result = subprocess.run([BINARIES / "stoker", "status", "--url", url], capture_output=True, text=True, cwd=tmp_path, timeout=DEADLINE)
        thread.join()
    assert result.returncode == UNAVAILABLE
    assert result.stderr == f"stoker: {url} answers without end: that is no Stoker\n"


def test_fog_service_says_when_its_port_is_taken():
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        result = subprocess.run([BINARIES / "fog-service", "dao", "--port", str(port)], capture_output=True, text=True, timeout=DEADLINE)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1 and str(port) in result.stderr
    assert subprocess.run([BINARIES / "fog-service", "dao"], capture_output=True, timeout=DEADLINE).returncode == 64
