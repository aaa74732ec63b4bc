"""Requests that are wrong, hostile or endless: each gets a clear answer, and nobody else notices."""

import contextlib
import socket
import struct
import time

import pytest

from harness import API, Stoker, free_port, http_request, recorder, wait_for

pytestmark = pytest.mark.xdist_group("bad-requests")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    stoker = Stoker(tmp_path_factory.mktemp("bad"), services={"dao": recorder("dao"), "edge": recorder("edge")})
    try:
        yield stoker.start()
    finally:
        stoker.finish()


@pytest.fixture(autouse=True)
def unharmed(node):
    """After each test the services run as before and the API answers."""
    before = {name: (entry["status"], entry["pid"]) for name, entry in node.get("/services").json["services"].items()}
    yield
    node.running()
    assert {name: (entry["status"], entry["pid"]) for name, entry in node.get("/services").json["services"].items()} == before


def is_fault(answer, status, code=None):
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json["success"] is False
    assert answer.json["error"] and answer.json["message"].strip()
    if code:
        assert answer.json["error"] == code
    return answer.json["message"]


def exchange(node, request, read_all=True):
    """Sends bytes and reads until the end; the status of the first answer, and everything."""
    with socket.create_connection(("127.0.0.1", node.port), timeout=30) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while chunk := connection.recv(65536):
                answer += chunk
                if not read_all and b"\r\n\r\n" in answer:
                    break
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.") else None, answer


@pytest.mark.parametrize(
    "method, path",
    [("POST", "/restart/daoo"), ("POST", "/start/daoo"), ("POST", "/stop/daoo"), ("GET", "/service/daoo"), ("GET", "/service/daoo/why"), ("GET", "/service/daoo/logs")],
)
def test_an_unknown_service_is_404_with_the_nearest_name(node, method, path):
    message = is_fault(node.request(method, API + path), 404, "service_not_found")
    assert message == "Service 'daoo' not found; did you mean 'dao'?"


@pytest.mark.parametrize("path", ["/nothing", API + "/nothing", API + "/service/..%2F..%2Fetc", API + "/service/a%2Fb", "/api/orchestration/../../etc/passwd"])
def test_an_unknown_path_is_404(node, path):
    is_fault(node.request("GET", path), 404)


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", API + "/restart/dao", "POST"),
        ("POST", API + "/services", "GET"),
        ("DELETE", API + "/services", "GET"),
        ("PUT", API + "/restart/dao", "POST"),
        ("OPTIONS", API + "/restart/dao", "POST"),
        ("POST", "/metrics", "GET"),
    ],
)
def test_a_wrong_method_is_405_with_allow(node, method, path, allowed):
    answer = node.request(method, path)
    is_fault(answer, 405)
    assert allowed in answer.headers["allow"]


@pytest.mark.parametrize("body", ["{", "[1,2", '{"force":}', "nonsense", '"\\u12"', b"\xff\xfe", '{"force":true}x'])
@pytest.mark.parametrize("verb", ["restart", "stop"])
def test_bad_json_is_400(node, verb, body):
    answer = node.request("POST", f"{API}/{verb}/dao", body, {"Content-Type": "application/json"})
    is_fault(answer, 400)


@pytest.mark.parametrize("body", ['{"force":"yes"}', '{"force":1}', "[]", '"force"', '{"force":null,"cascade":3}'])
def test_json_of_the_wrong_shape_is_400(node, body):
    is_fault(node.request("POST", API + "/stop/dao", body, {"Content-Type": "application/json"}), 400)


def test_a_deeply_nested_body_is_400(node):
    is_fault(node.request("POST", API + "/stop/dao", "[" * 100_000, {"Content-Type": "application/json"}), 400)


def test_a_body_that_is_not_json_is_415(node):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        is_fault(node.request("POST", API + "/stop/dao", "force=true", {"Content-Type": kind}), 415)


def test_a_body_over_one_mebibyte_is_413(node):
    head = f"POST {API}/stop/dao HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    status, answer = exchange(node, (head + "Content-Length: 2000000\r\n\r\n").encode() + b" " * 100_000)
    assert status == 413 and b'"success":false' in answer
    chunks = b"".join(b"10000\r\n" + b" " * 65536 + b"\r\n" for _ in range(20))
    status, answer = exchange(node, (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks)
    assert status == 413


def test_large_headers_are_431(node):
    for fields in (f"X-Large: {'x' * 20_000}\r\n", f"X-Huge: {'x' * 300_000}\r\n", "".join(f"X-{n}: 1\r\n" for n in range(200))):
        status, answer = exchange(node, f"GET /metrics HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
        assert status == 431, answer[:200]
    status, answer = exchange(node, f"GET /{'x' * 20_000} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert status == 414, answer[:200]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /metrics HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4\r\n\r\nabcd",
        b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX : 1\r\n\r\n",
        b"GET /me\0trics HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ],
    ids=["no Host", "two Hosts", "nonsense", "HTTP 9.9", "two lengths", "+4", "length and chunks", "space before colon", "NUL", "TLS"],
)
def test_malformed_requests_are_400(node, request_bytes):
    status, answer = exchange(node, request_bytes)
    assert status == 400, answer[:200]


def test_a_foreign_host_is_403(node):
    for host in ("evil.example", "evil.example:10101", f"localhost.evil.example:{node.port}"):
        message = is_fault(node.request("GET", "/metrics", headers={"Host": host}), 403, "forbidden_host")
        assert "allowed_hosts" in message
    for host in ("localhost", f"localhost:{node.port}", f"127.0.0.1:{node.port}", "[::1]:80", "10.1.2.3"):
        assert node.request("GET", "/metrics", headers={"Host": host}).status == 200, host


def test_allowed_hosts_are_allowed(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"allowed_hosts": ["fog.example"]}).start()
    assert stoker.request("GET", "/metrics", headers={"Host": "fog.example:80"}).status == 200
    assert stoker.request("GET", "/metrics", headers={"Host": "evil.example"}).status == 403


def test_a_cross_site_post_is_403(node):
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        is_fault(node.request("POST", API + "/stop/dao", headers=headers), 403, "cross_site")


def test_a_post_of_our_own_page_is_fine(node):
    origin = f"http://127.0.0.1:{node.port}"
    assert node.request("POST", API + "/health/check-now", headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"}).status == 200


def test_slow_and_half_open_clients_harm_nobody_and_are_closed(node):
    slow, half_open = [], []
    for number in range(100):
        connection = socket.create_connection(("127.0.0.1", node.port), timeout=60)
        if number % 2:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: loc")
            slow.append(connection)
        else:
            half_open.append(connection)
    began = time.monotonic()
    for _ in range(20):
        assert node.request("GET", "/metrics", timeout=20).status == 200
    assert time.monotonic() - began < 20
    for connection in slow + half_open:
        with contextlib.suppress(ConnectionError):
            while connection.recv(4096):  # whatever it says, it ends by closing
                pass
        connection.close()


def test_clients_that_reset_in_the_middle_harm_nobody(node):
    for _ in range(50):
        connection = socket.create_connection(("127.0.0.1", node.port), timeout=30)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.close()
    assert node.request("GET", "/metrics").status == 200, "a scrape whose client is gone has no place"


def test_a_client_that_never_reads_harms_nobody(node):
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", node.port), timeout=30))
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                connection.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        for _ in range(20):
            assert node.request("GET", "/metrics", timeout=20).status == 200


def test_more_connections_than_allowed_are_answered_503_and_the_socket_still_works(node):
    def connect():
        connection = socket.create_connection(("127.0.0.1", node.port), timeout=30)
        crowd.append(connection)
        return connection

    crowd = []
    try:
        for _ in range(1100):
            connect()

        def refused():
            last = connect()
            last.settimeout(2)
            with contextlib.suppress(TimeoutError, ConnectionError):
                return b" 503 " in last.recv(4096)
            return False

        wait_for("a refusal", refused)
        assert http_request(node.state / "stoker.sock", "GET", API + "/services").status == 200, "the operator's socket has room"
    finally:
        for connection in crowd:
            connection.close()
    wait_for("room again", lambda: node.request("GET", "/metrics", timeout=5).status == 200)


def test_the_unix_socket_is_private_and_answers(node):
    path = node.state / "stoker.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    assert node.state.stat().st_mode & 0o777 == 0o700
    assert http_request(path, "GET", API + "/services").json["total_services"] == 2


def test_control_can_be_confined_to_the_socket(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"control": "socket"}).start()
    is_fault(stoker.post("/stop/a"), 403)
    assert stoker.service("a")["status"] == "running"
    assert http_request(stoker.state / "stoker.sock", "POST", API + "/stop/a").status == 200


def test_a_listener_that_is_not_loopback_serves_metrics_and_liveness_only(make_stoker):
    port = free_port()
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.file.write_text(stoker.file.read_text().replace(f'"127.0.0.1:{stoker.port}"', f'"127.0.0.1:{stoker.port}", "0.0.0.0:{port}"'))
    stoker.start()
    assert http_request(port, "GET", "/metrics").status == 200
    assert http_request(port, "GET", "/-/healthy").status == 200
    for method, path in (("GET", API + "/services"), ("GET", "/"), ("POST", API + "/stop/a")):
        assert http_request(port, method, path).status == 403, path
    assert stoker.service("a")["status"] == "running"


def test_secrets_of_the_environment_never_appear(make_stoker):
    secret = "hunter2-do-not-show"
    service = recorder("a", then="exit 1", restart={"max_attempts": 0})
    service["environment"]["PASSWORD"] = secret
    stoker = make_stoker(services={"a": service}).start(ready=False)
    wait_for("the failure", lambda: stoker.running() and stoker.wait_status("a", "failed"))
    for path in ("/services", "/health", "/metrics", "/service/a", "/service/a/why", "/registry", "/registry/a", "/dependencies", "/service/a/logs"):
        assert secret not in stoker.get(path).text, path
    for path in ("/", "/metrics", "/-/ready"):
        assert secret not in stoker.request("GET", path).text, path
    assert secret not in stoker.output.read_text()
