"""Messages of sd_notify(3): to a service's socket in its stead, and from Stoker to whoever started it."""

import contextlib
import os
import pathlib
import socket
import sys
import time
import uuid

from harness import become, wait_for


def environment(pid):
    """The variables that a process was given."""
    variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")[:-1]
    return dict(variable.split("=", 1) for variable in variables)


def run_of(pid):
    """The number of the run that a process belongs to, by its mark."""
    return int(environment(pid)["STOKER_RUN"].split(":")[2])


NOTIFIER = """
import os, socket, time
address = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.settimeout(1)
for number in range(10**9):
    try:
        sender.sendto(b"READY=1\\nWATCHDOG=1\\nSTATUS=%d" % number, address)
    except OSError:  # nobody is there, or the queue is full
        pass
    time.sleep(0.1)
"""


def notifier(name, watchdog="30s"):
    """Says that it is ready and alive, and counts how often."""
    command = [sys.executable, "-c", NOTIFIER]
    return {"command": command, "environment": {"E2E_SERVICE": name}, "ready": {"notify": "systemd"}, "watchdog": watchdog}


def heard(stoker, name):
    """The number in the last status that a notifier has reported; a forged text is no number."""
    return int(stoker.get(f"/service/{name}").json["said"] or 0)


def tell(pid, *lines, user=None):
    """Sends what a service's process could send itself; as another user where one is given (only root can). Returns whether it was sent."""
    address = environment(pid)["NOTIFY_SOCKET"]

    def send():
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto("\n".join(lines).encode(), address.replace("@", "\0", 1) if address.startswith("@") else address)

    if user is None:
        send()
        return True
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            become(user)
            send()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def wait_socket(stoker, name):
    """The process of a service that was started and has a socket."""
    pid = wait_for(f"a process of {name}", lambda: stoker.running() and stoker.service(name)["pid"])
    wait_for(f"the program of {name}", lambda: "NOTIFY_SOCKET" in environment(pid))
    return pid


class FakeManager:
    """A service manager's end of the socket that it gives to a Stoker which it starts."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.address = f"@stoker-test-{uuid.uuid4().hex}"
        self.socket.bind("\0" + self.address[1:])
        self.socket.setblocking(False)
        self.heard = []  # when, and the lines

    def messages(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                message = self.socket.recv(65536).decode().split("\n")
                self.heard.append((time.monotonic(), message))
        return [lines for _, lines in self.heard]

    def wait(self, line, count=1):
        """Waits for so many messages with a line, and returns the last of them."""
        found = lambda: [lines for lines in self.messages() if line in lines]  # noqa: E731
        wait_for(f"{count} times {line}", lambda: len(found()) >= count)
        return found()[count - 1]

    def close(self):
        self.socket.close()