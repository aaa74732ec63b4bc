"""Stoker behind nginx with its defaults: streams come through at once, and service discovery names the machine, not the proxy."""

import contextlib
import http.client
import subprocess

import pytest

from harness import API, free_port, http_request, recorder, wait_for
from real_stack import NGINX, program

@pytest.fixture
def behind(tmp_path):
    """Starts an nginx in front of a port; the port where it listens."""
    with contextlib.ExitStack() as stack:

        def start(stoker_port):
            port = free_port()
            folder = tmp_path / f"nginx-{port}"
            folder.mkdir(mode=0o755)
            (folder / "nginx.conf").write_text(NGINX.format(nginx=port, web=stoker_port))
            process = subprocess.Popen([program("nginx"), "-p", folder, "-e", "stderr", "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            wait_for("nginx", lambda: http_request(port, "GET", "/-/healthy").status == 200)
            return port

        yield start


def first_byte(port, path, host):
    """The first byte of a stream through the proxy: none comes of a stream that it collects."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", f"{API}{path}", headers={"Host": host})
        response = connection.getresponse()
        assert response.status == 200
        return response.read(1)


@pytest.mark.parametrize("path", ["/events", "/events?service=web", "/service/web/logs?follow=1", "/service/web/logs?follow=1&stream=stdout&tail=1"])
def test_a_stream_is_not_held_up(make_stoker, behind, path):
    stoker = make_stoker(services={"web": {"command": "echo one; exec sleep 1000"}}, supervisor={"control": "loopback"}).start()
    wait_for("its line", lambda: stoker.get("/service/web/logs").text == "one\n")
    assert first_byte(behind(stoker.port), path, f"127.0.0.1:{stoker.port}")


def test_a_long_list_passes_whole(make_stoker, behind):
    stoker = make_stoker(services={"web": recorder("web")}, supervisor={"control": "loopback"}).start()
    for number in range(40):
        assert stoker.post(f"/registry/entry-{number}", {"metadata": {"x": "x" * 15_000}}).status in (200, 201)
    direct = stoker.get("/registry")
    assert direct.headers["x-accel-buffering"] == "no" and "content-length" not in direct.headers
    through = http_request(behind(stoker.port), "GET", f"{API}/registry", headers={"Host": "localhost"})
    assert through.json["services"].keys() == direct.json["services"].keys()


def test_targets_behind_a_proxy_are_those_of_the_machine(make_stoker, behind):
    def targets(**supervisor):
        services = {"web": recorder("web", metrics={"port": 7001})}
        near, port = free_port(), free_port()
        stoker = make_stoker(services=services, supervisor={"listen": [f"127.0.0.1:{near}", f"0.0.0.0:{port}"], **supervisor}, name=f"node-{port}")
        stoker.port = near
        stoker.start()
        address = behind(port)
        [target] = http_request(address, "GET", f"{API}/discovery/prometheus", headers={"Host": "proxy.example"}).json
        [same] = http_request(stoker.state / "stoker.sock", "GET", f"{API}/discovery/prometheus").json
        assert supervisor == {} or same == target
        return target["targets"]

    assert targets() == ["127.0.0.1:7001"], "the name that nginx calls by default"
    assert targets(discovery={"address": "fog-1.example.org"}) == ["fog-1.example.org:7001"]
    assert targets(discovery={"address": "2001:db8::7"}) == ["[2001:db8::7]:7001"]
