"""A reader of server-sent events, as the HTML standard has them."""

import contextlib
import http.client
import json
import queue
import socket
import threading

from harness import API, DEADLINE, UnixConnection


class EventStream:
    """Follows the events of a Stoker on a thread of its own, until it is closed or the stream ends. `path`: over that Unix socket."""

    def __init__(self, stoker, query="", last_id=None, port=None, path=None):
        tcp = http.client.HTTPConnection("127.0.0.1", port or stoker.port, timeout=DEADLINE)
        self.connection = UnixConnection(path, DEADLINE) if path else tcp
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
        self.connection.request("GET", f"{API}/events{query}", headers=headers)
        self.socket = self.connection.sock  # the answer takes it over
        self.answer = self.connection.getresponse()
        self.events = queue.Queue()  # dicts with `id`, `event` and `data`; None at the end
        self.retry = None
        self.last_id = last_id
        if self.answer.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    continue
                if not line:
                    if "data" in fields:
                        self.events.put(fields | {"data": json.loads(fields["data"])})
                    fields = {}
                    continue
                name, _, value = line.partition(": ")
                if name == "retry":
                    self.retry = int(value)
                else:
                    fields[name] = value
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        self.events.put(None)

    def next(self, timeout=DEADLINE):
        """The next event; None at the end of the stream."""
        event = self.events.get(timeout=timeout)
        if event:
            self.last_id = event["id"]
        return event

    def until(self, kind, **about):
        """Reads up to an event of this kind with these members, and returns all that were read."""
        seen = []
        while True:
            event = self.next()
            assert event, f"the stream ended before {kind} {about}; read were {seen}"
            seen.append(event)
            if event["event"] == kind and all(event["data"].get(key) == value for key, value in about.items()):
                return seen

    def close(self):
        """Goes away in the middle, as a client does whose network is cut."""
        if self.socket:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
        self.connection.close()
