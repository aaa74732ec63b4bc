"""Stoker with something of ours as its standard output: a pipe, a socket, a terminal, a file."""

import os
import pty
import re
import signal
import socket
import subprocess
import threading

from harness import DEADLINE, STOKER, wait_for


class Output:
    """Stoker with this descriptor as its standard output, and as its standard error too if `both`."""

    def __init__(self, stoker, descriptor, *arguments, both=False, close=True):
        stoker.directory.mkdir(parents=True, exist_ok=True)
        self.stderr = open(stoker.output, "ab")
        name, value = stoker.mark.split("=")
        self.process = stoker.process = subprocess.Popen(
            [*stoker.through, STOKER, "run", "--config", str(stoker.file), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor if both else self.stderr,
            cwd=stoker.directory,
            env={**os.environ, name: value},
        )
        if close:
            os.close(descriptor)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE)
        self.stderr.close()
        return code


def ends(kind):
    """The ends of something to read and to write."""
    if kind == "pipe":
        return os.pipe()
    if kind == "terminal":
        return pty.openpty()
    one, two = socket.socketpair()
    return one.detach(), two.detach()


def read_all(descriptor):
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:  # a terminal without its other end
        pass


class Reader:
    """Reads all that comes, on a thread of its own."""

    def __init__(self, descriptor, size=65536):
        self.descriptor, self.size = descriptor, size
        self.text = bytearray()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            while block := os.read(self.descriptor, self.size):
                self.text += block
        except OSError:  # a terminal without its other end
            pass

    def wait(self, text, count=1):
        wait_for(f"{count} times {text}", lambda: self.text.count(text) >= count)

    def wait_last(self, names, count):
        """Waits for the line with this number of each service."""
        for name in names:
            wait_for(f"the last line of {name}", lambda: re.search(rb"^%s *\| %d " % (name.encode(), count), bytes(self.text), re.MULTILINE))

    def end(self):
        """All that was written, after the last writer is gone."""
        self.thread.join(DEADLINE)
        os.close(self.descriptor)
        return bytes(self.text)


def lines_of(text, names):
    """The lines of each service without their labels; a line that does not begin with the name of one is an error."""
    found = {name: [] for name in names}
    for line in text.splitlines():
        match = re.fullmatch(rb"(\S+) *\| (.*)", line)
        assert match and match[1].decode() in found, line[:200]
        found[match[1].decode()].append(match[2])
    return found
