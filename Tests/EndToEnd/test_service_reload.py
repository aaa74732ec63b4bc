"""Reloads of single services, with their checks, and signals to them (rule 86)."""

import concurrent.futures
import contextlib
import http.client
import os
import threading

from harness import free_port, recorder, wait_for
from real_stack import program

# Writes down each signal of its main process, and goes on.
LISTENS = "for s in HUP USR1; do trap \"echo $s >> heard\" $s; done"
WAITS = ": > there; while :; do sleep 0.05; done"


def listener(name, **keys):
    return recorder(name, first=LISTENS, then=WAITS, **keys)


def lines(stoker, name):
    path = stoker.directory / name
    return path.read_text().splitlines() if path.exists() else []


def wait_there(stoker):
    wait_for("the traps", lambda: (stoker.directory / "there").exists())


def test_a_signal_reloads_the_main_process_and_nothing_else_changes(make_stoker):
    stoker = make_stoker(services={"a": listener("a", reload={"signal": "HUP"})}).start()
    wait_there(stoker)
    before = stoker.service("a")
    result = stoker.command("reload", "a")
    assert (result.returncode, result.stdout, result.stderr) == (0, "Service 'a' reloaded successfully\n", "")
    wait_for("the signal", lambda: lines(stoker, "heard") == ["HUP"])
    assert stoker.service("a") | {"cpu_seconds": 0} == before | {"cpu_seconds": 0}
    last = stoker.get("/service/a").json["last_reload"]
    assert last["outcome"] == "success" and last["sentence"].startswith("reloaded (requested by the command line")
    assert stoker.metric("stoker_service_reloads_total", name="a", outcome="success") == 1
    assert stoker.metric("stoker_service_reloads_total", name="a", outcome="failed") == 0
    stoker.wait_said("a: reloaded (requested by the command line")


def test_a_check_that_fails_keeps_the_process_as_it_is_and_the_answer_has_its_last_line(make_stoker):
    check = "echo first; if [ -e bad ]; then echo line 7 is wrong >&2; exit 3; fi"
    stoker = make_stoker(services={"a": listener("a", reload={"command": 'echo "$STOKER_HOOK $MAINPID" >> reloads', "check": check})}).start()
    (stoker.directory / "bad").touch()
    answer = stoker.post("/reload/a")
    reason = "its reload check failed: it exited with code 3: line 7 is wrong"
    assert (answer.status, answer.json["error"], answer.json["outcome"]) == (409, "check_failed", "check_failed")
    assert answer.json["message"] == f"Service 'a' was not reloaded: {reason}"
    assert lines(stoker, "reloads") == []
    # A requested restart is checked too, and stops nothing.
    result = stoker.command("restart", "a")
    assert (result.returncode, result.stdout) == (1, "") and f"Service 'a' was not restarted: {reason}" in result.stderr
    assert stoker.starts("a") and len(stoker.starts("a")) == 1
    assert stoker.service("a")["last_error"] is None
    assert stoker.command("restart", "--force", "a").returncode == 0
    assert len(stoker.starts("a")) == 2
    (stoker.directory / "bad").unlink()
    assert stoker.post("/reload/a").json["success"] is True
    assert lines(stoker, "reloads") == [f"reload {stoker.service('a')['pid']}"]
    assert "line 7 is wrong" in stoker.command("logs", "a").stdout
    assert stoker.command("restart", "a").returncode == 0


def test_a_command_that_fails_or_takes_too_long_has_not_reloaded_the_service(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder("a", reload={"command": "echo no; exit 4"}),
            "b": recorder("b", reload={"command": "sleep 1000", "timeout": "300ms"}),
        }
    ).start()
    result = stoker.command("reload", "a", "b")
    assert result.returncode == 1 and result.stdout == ""
    assert "Service 'a' was not reloaded: its reload command failed: it exited with code 4: no" in result.stderr
    assert "Service 'b' was not reloaded: its reload command did not end in 300 ms" in result.stderr
    assert stoker.get("/service/b").json["last_reload"]["outcome"] == "failed"
    assert {name: entry["status"] for name, entry in stoker.services().items()} == {"a": "running", "b": "running"}


# READY=1 once, then RELOADING=1 at each SIGHUP, and READY=1 when the file `open` is there.
REPORTS = """
import os, signal, socket, time
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def say(text):
    sender.sendto(text, os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
heard = []
signal.signal(signal.SIGHUP, lambda *_: heard.append(1))
say(b"READY=1")
while True:
    if heard:
        heard.pop()
        say(b"RELOADING=1")
        open("reloading", "w").close()
        while not os.path.exists("open"):
            time.sleep(0.02)
        say(b"READY=1")
    time.sleep(0.02)
"""


def test_a_process_that_reports_its_reload_is_waited_for(make_stoker):
    services = {"a": {"command": ["python3", "-c", REPORTS], "ready": {"notify": "systemd"}, "reload": {"signal": "HUP", "timeout": "2s"}}}
    stoker = make_stoker(services=services).start()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(stoker.post, "/reload/a") for _ in range(2)]
        wait_for("the reload", lambda: (stoker.directory / "reloading").exists())
        assert not any(answer.done() for answer in answers)
        (stoker.directory / "open").touch()
        assert [answer.result().status for answer in answers] == [200, 200]
    (stoker.directory / "open").unlink()
    answer = stoker.post("/reload/a")
    assert (answer.status, answer.json["error"]) == (409, "reload_failed")
    assert answer.json["message"].endswith("it reported RELOADING=1, and did not report READY=1 in 2 s")


def test_a_stop_ends_a_reload(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", reload={"command": ": > begun; exec sleep 1000"})}).start()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        reload = pool.submit(stoker.post, "/reload/a")
        wait_for("the command", lambda: (stoker.directory / "begun").exists())
        assert stoker.post("/stop/a").status == 200
        answer = reload.result()
    assert (answer.status, answer.json["error"]) == (409, "reload_failed")
    assert "its run ends (requested by api" in answer.json["message"]


def test_a_reload_needs_a_key_and_a_process(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b", enabled=False, reload={"signal": "HUP"})}).start()
    result = stoker.command("reload", "a")
    assert result.returncode == 1
    assert result.stderr == (
        "stoker: Service 'a' has no 'reload' in the service file: 'stoker reload' reads that file, 'stoker restart a' restarts the service\n"
    )
    assert stoker.post("/reload/b").json["error"] == "not_running"
    assert stoker.post("/reload/nobody").json["error"] == "service_not_found"
    assert stoker.command("reload", "--dry-run", "b").returncode == 64
    assert "Nothing has changed" in stoker.command("reload").stdout


# -- signals -------------------------------------------------------------------------------------------------------------


def test_a_signal_goes_to_the_main_process_or_to_all(make_stoker):
    child = f"({LISTENS.replace('heard', 'child')}; : > born; while :; do sleep 0.05; done) & "
    stoker = make_stoker(services={"a": recorder("a", first=LISTENS, then=child + WAITS)}).start()
    wait_there(stoker)
    wait_for("the child", lambda: (stoker.directory / "born").exists())
    result = stoker.command("signal", "sigusr1", "a")
    assert (result.returncode, result.stdout) == (0, "SIGUSR1 was sent to the main process of service 'a'\n")
    wait_for("the signal", lambda: lines(stoker, "heard") == ["USR1"])
    assert stoker.command("signal", "--all-processes", "1", "a").returncode == 0
    wait_for("the signals", lambda: lines(stoker, "heard") == ["USR1", "HUP"] and lines(stoker, "child") == ["HUP"])
    last = stoker.get("/service/a").json["last_signal"]
    assert (last["signal"], last["scope"]) == ("SIGHUP", "group")
    stoker.wait_said("a: SIGHUP sent to all its processes (requested by the command line")


def test_the_restart_policy_answers_a_signal_that_ends_a_service(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart={"backoff": {"base": "10ms"}}), "b": recorder("b", enabled=False)}).start()
    stoker.wait_starts("a")
    assert stoker.post("/signal/a", {"signal": "KILL"}).json["pid"]
    stoker.wait_starts("a", 2)
    assert stoker.service("a")["restart_attempts"] == 1
    assert stoker.post("/signal/b", {"signal": "HUP"}).json["error"] == "not_running"
    for body in ({}, {"signal": "HUB"}, {"signal": "HUP", "scope": "all"}, {"signal": 1.5}, {"signal": 0}):
        assert (stoker.post("/signal/a", body).status, stoker.post("/signal/a", body).json["error"]) == (400, "malformed"), body
    result = stoker.command("signal", "a", "HUP")
    assert result.returncode == 64 and "the signal comes first" in result.stderr


def test_a_signal_wakes_no_paused_process(make_stoker):
    stoker = make_stoker(services={"a": listener("a")}).start()
    wait_there(stoker)
    pid = stoker.service("a")["pid"]

    def state():
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]

    assert stoker.post("/signal/a", {"signal": "STOP"}).status == 200
    wait_for("the pause", lambda: state() == "T")
    assert stoker.post("/signal/a", {"signal": "USR1"}).status == 200
    # The kernel keeps it for a paused process, and says so.
    wait_for("the signal", lambda: int(dict(line.split(":\t") for line in open(f"/proc/{pid}/status").read().splitlines())["ShdPnd"], 16))
    assert state() == "T"
    assert stoker.post("/signal/a", {"signal": "CONT"}).status == 200
    wait_for("the signal", lambda: lines(stoker, "heard") == ["USR1"])


# -- nginx ---------------------------------------------------------------------------------------------------------------

CONFIGURATION = """
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "{answer}"; }}
  }}
}}
"""


class Clients:
    """Clients that ask all the time, each time over a new connection."""

    def __init__(self, port, count=4):
        self.port, self.answered, self.failures = port, 0, []
        self.is_over, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.ask_again_and_again) for _ in range(count)]

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            response = connection.getresponse()
            assert response.status == 200
            return response.read().decode()
        finally:
            connection.close()

    def ask_again_and_again(self):
        while not self.is_over.is_set():
            try:
                self.ask()
                with self.lock:
                    self.answered += 1
            except Exception as error:  # whatever it is, it was a failed request
                self.failures.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def test_nginx_is_reloaded_under_load_without_a_failed_request(make_stoker):
    """As often as RELOADS says."""
    count = int(os.environ.get("RELOADS", "5"))
    stoker = make_stoker(services={"placeholder": recorder("placeholder")})
    port = free_port()
    nginx = [program("nginx"), "-p", str(stoker.directory), "-e", "stderr", "-c", "nginx.conf"]

    def configure(answer):
        (stoker.directory / "nginx.conf").write_text(CONFIGURATION.format(port=port, answer=answer))

    configure("0")
    stoker.write({"nginx": {"command": nginx, "stop": {"signal": "QUIT"}, "reload": {"signal": "HUP", "check": [*nginx, "-t"]}}})
    # nginx writes over its environment, by which a test finds what is left: Stoker has to stop it.
    with contextlib.ExitStack() as stack:
        stoker.start()
        stack.callback(stoker.stop)
        clients = Clients(port)
        wait_for("nginx", lambda: clients.ask() == "0")
        with clients:
            for number in range(1, count + 1):
                configure(number)
                result = stoker.command("reload", "nginx")
                assert result.returncode == 0, result.stderr
                wait_for(f"configuration {number}", lambda: clients.ask() == str(number))
            (stoker.directory / "nginx.conf").write_text("nonsense on;\n")
            for verb in ("reload", "restart"):
                result = stoker.command(verb, "nginx")
                assert result.returncode == 1 and "its reload check failed: it exited with code 1: nginx: configuration file" in result.stderr
            assert clients.ask() == str(count)
            answered = clients.answered
            wait_for("more answers", lambda: clients.answered > answered + 20)
        assert clients.failures == []
        assert stoker.metric("stoker_service_reloads_total", name="nginx", outcome="success") == count
        assert stoker.metric("stoker_service_reloads_total", name="nginx", outcome="check_failed") == 1
        assert stoker.service("nginx")["restart_count"] == 0
