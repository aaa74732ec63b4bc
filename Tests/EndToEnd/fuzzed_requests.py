"""HTTP requests with faults, drawn from a seed: right ones of every route, then mutated as bytes, as lines and as fields."""

import json

from harness import API

ROUTES = [
    ("GET", "/"), ("GET", "/metrics"), ("GET", "/metrics?name[]=stoker_services"), ("GET", "/-/healthy"), ("GET", "/-/ready"), ("GET", "/api/"),
    ("GET", "/api/openapi.json"), ("GET", "/page/page.js"), ("POST", "/-/reload"), ("GET", f"{API}/services"), ("GET", f"{API}/health"),
    ("GET", f"{API}/metrics"), ("GET", f"{API}/service/dao"), ("GET", f"{API}/service/dao/why"), ("GET", f"{API}/service/dao/history?limit=3"),
    ("GET", f"{API}/service/dao/logs?tail=5&stream=stdout"), ("GET", f"{API}/service/dao/logs?follow=1"), ("GET", f"{API}/dependencies"),
    ("GET", f"{API}/discovery/prometheus"), ("GET", f"{API}/events?service=dao&after=0-0"), ("GET", f"{API}/registry"),
    ("GET", f"{API}/registry/guest"), ("POST", f"{API}/registry/guest"), ("POST", f"{API}/registry/guest/heartbeat"), ("DELETE", f"{API}/registry/guest"),
    ("POST", f"{API}/start/dao"), ("POST", f"{API}/stop/dao"), ("POST", f"{API}/restart/dao"), ("HEAD", "/metrics"), ("OPTIONS", "*"),
]  # fmt: skip

BODIES = [
    {}, {"force": True}, {"cascade": False, "force": None}, {"wait": False}, {"ttl": 5, "type": "t", "metadata": {"a": [1, 2.5, None]}},
    {"status": "degraded", "details": {"x": "ü"}}, {"endpoints": {"http": "http://127.0.0.1"}, "dependencies": ["dao"]}, [], 7, "text",
]  # fmt: skip

FIELDS = [
    "Accept-Encoding: gzip", "Accept: application/openmetrics-text; version=1.0.0", "Connection: close", "Expect: 100-continue", "Upgrade: h2c",
    "Transfer-Encoding: chunked", "Content-Length: 3", "Content-Length: -1", "Content-Length: 99999999999999999999", "Host: evil.example",
    "Origin: http://localhost", "Sec-Fetch-Site: cross-site", "Last-Event-ID: zz-1", "If-None-Match: *", "X-Prometheus-Scrape-Timeout-Seconds: 1e-9",
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Range: bytes=0-1", "Cookie: " + "c" * 5000, "Content-Type: text/plain",
]  # fmt: skip

TOKENS = [
    b"\r\n", b"\r\n\r\n", b"\n", b"\0", b" ", b"\t", b"%", b"%00", b"%2f", b"../", b"?", b"&", b"#", b":", b"\xff\xfe", b"\x1b[31m", b"[" * 300, b"{" * 300,
    b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1", b"18446744073709551616", b"1e999", b"NaN", b"\"", b"\\ud800", b"a" * 9000, b"HTTP/1.1", b"GET / HTTP/1.1\r\n",
]  # fmt: skip


def right(draw):
    """A request as a client would send it."""
    method, target = draw.choice(ROUTES)
    body = json.dumps(draw.choice(BODIES)).encode() if method == "POST" and draw.random() < 0.8 else b""
    lines = [f"{method} {target} HTTP/1.{draw.choice('1110')}", "Host: localhost"]
    if body:
        lines.append("Content-Type: application/json")
        if draw.random() < 0.2:
            lines.append("Transfer-Encoding: chunked")
            middle = draw.randrange(len(body)) or 1
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:middle], body[middle:]) if part) + b"0\r\n\r\n"
        else:
            lines.append(f"Content-Length: {len(body)}")
    lines += draw.sample(FIELDS, draw.choice((0, 0, 1, 2)))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def mutated(draw, request):
    """The request with one fault."""
    start, end = sorted((draw.randrange(len(request) + 1), draw.randrange(len(request) + 1)))
    end = min(end, start + draw.choice((1, 4, 60)))
    match draw.randrange(7):
        case 0:
            return request[:start] + draw.randbytes(draw.choice((1, 2, 16))) + request[end:]
        case 1:
            return request[:start] + draw.choice(TOKENS) + request[start:]
        case 2:
            return request[:start] + request[end:]
        case 3:
            return request[:start] + request[start:end] * draw.choice((2, 3, 40)) + request[end:]
        case 4:
            lines = request.split(b"\r\n")
            lines.insert(draw.randrange(len(lines)), draw.choice(FIELDS).encode())
            return b"\r\n".join(lines)
        case 5:
            return request[:start]
        case _:
            return request + right(draw)


def fuzzed(draw):
    """A request with up to four faults; one in ten has none."""
    request = right(draw)
    for _ in range(draw.choice((0, 1, 1, 1, 1, 1, 2, 2, 3, 4))):
        request = mutated(draw, request) or b"\r\n"
    return request
