"""A real browser for tests of the status page, a wire that can be cut, and the accessibility rules of axe-core."""

import contextlib
import importlib.resources
import shutil
import socket
import threading

from playwright.sync_api import expect, sync_playwright

from harness import DEADLINE

# On a busy machine a page needs more than the five seconds that an expectation has.
expect.set_options(timeout=DEADLINE * 1000)

AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text()


@contextlib.contextmanager
def chromium():
    """Debian's Chromium, for as long as the block lasts."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: run 'make test', which installs it"
    with sync_playwright() as playwright:
        # Root has no sandbox, and a container's /dev/shm is small.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Viewer:
    """Somebody who looks at a Stoker's page."""

    def __init__(self, browser, port, place="#/", width=1280, height=900, scheme="light", **options):
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", **options)
        self.context.set_default_timeout(DEADLINE * 1000)
        self.page = self.context.new_page()
        self.faults = []  # of the script, and what the page's own rules forbid
        self.origin = f"http://127.0.0.1:{port}/"
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: "Content Security Policy" in message.text and self.faults.append(message.text))
        self.page.on("request", lambda request: request.url.startswith(self.origin) or self.faults.append(f"it asks {request.url}"))
        self.page.goto(self.origin + place)

    def __call__(self, selector, **options):
        return self.page.locator(selector, **options)

    def go(self, place):
        self.page.evaluate("place => { location.hash = place; }", place)

    def row(self, name):
        """The row of a service in the table."""
        return self.page.locator(f'tr.service[data-name="{name}"]')

    def wait_row(self, name, state, timeout=DEADLINE):
        """Waits until the table shows a service in this state."""
        self.row(name).locator(f'.state [data-is="{state}"]').wait_for(timeout=timeout * 1000)

    def wait_live(self):
        self('#stream[data-state="live"]').wait_for()

    def violations(self):
        """What axe-core finds wrong with the page as it is now, one line each."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("async () => (await axe.run()).violations")
        return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]

    def close(self):
        self.context.close()
        assert self.faults == []


class Wire:
    """A TCP connection to a port through a port of its own, which can be cut and mended."""

    def __init__(self, target):
        self.target = target
        self.pairs = []
        self.is_cut = False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                if self.is_cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.target))
                self.pairs.append((near, far))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.is_cut = True
        for pair in self.pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        self.server.close()
