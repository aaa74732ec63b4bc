"""Takes the pictures of page and terminal in docs/images: `python screenshots.py [FOLDER]`.

The FOG example runs, all well; then a small shop, in which much is broken at once."""

import html
import pathlib
import re
import sys
import tempfile
import time

from playwright.sync_api import expect

from browser import Viewer, chromium
from conftest import fog_file
from harness import ROOT, Stoker, wait_for
from terminal import Terminal

LIMIT = 200_000  # bytes of a picture
SETTLED = 210  # seconds of checks every two: strips are full, and trends worth looking at
TERMINAL = [24, 80, 120]  # rows, and the columns of the two widths


def shop(place):
    """A database that runs out of disk, and those that feel it; a mailer with a trouble of its own; a search that is slow."""
    broken, slow = place / "broken", place / "slow"
    often = {"interval": "2s", "start_interval": "200ms"}

    def service(name, **keys):
        command = f"echo {name}: listening; exec sleep 100000"
        return {"command": command, "health": {"exec": {"command": ["true"]}, **often}, **keys}

    def until(file, first, then):
        return f"echo {first}; while [ ! -e {file} ]; do sleep 0.2; done; {then}"

    full = "echo 'FATAL: could not write to file \"pg_wal/xlogtemp.31\": No space left on device' >&2; exit 1"
    refused = "echo 'SMTP relay refused the connection: 421 too many connections' >&2; exit 75"
    answer = f"[ ! -e {slow} ] || {{ echo 'answer took 4.2 s, the limit is 2 s'; exit 1; }}"
    return {
        "database": service("database", command=until(broken, "ready to accept connections", full), restart={"max_attempts": 2, "backoff": {"base": "200ms"}}),
        "cache": service("cache"),
        "migrations": {"kind": "oneshot", "command": "echo applied 14 migrations", "depends_on": ["database"]},
        "search": {
            "command": until(slow, "index opened", "echo 'slow query: 4211 ms'; exec sleep 100000"), "critical": False,
            "health": {"exec": {"command": ["sh", "-c", answer]}, **often, "failure_threshold": 1000},
        },
        "api": service("api", depends_on={"database": {"on_restart": "restart"}, "cache": {}}),
        "worker": service("worker", depends_on=["api"]),
        "mailer": {"command": until(broken, "connected", refused), "restart": {"backoff": {"base": "10m", "max": "10m"}}},
        "web": service("web", depends_on={"api": {}, "search": {"optional": True}}),
        "reports": service("reports", depends_on=["database"]),
    }  # fmt: skip


def take(element, folder, name):
    path = folder / f"{name}.png"
    element.screenshot(path=path, animations="disabled")
    print(f"{path}: {path.stat().st_size} bytes")
    assert path.stat().st_size < LIMIT, path


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        place = pathlib.Path(place)
        fog = Stoker(place / "fog")
        try:
            text, _ = fog_file(fog.state, fog.port, "2s")
            fog.file.write_text(text)
            fog.start()
            well(fog, browser, folder)
        finally:
            fog.finish()
        stoker = Stoker(place / "shop", services=shop(place), supervisor={"name": "shop-1"})
        try:
            stoker.start()
            trouble(stoker, place, browser, folder)
            terminals(stoker, browser, folder)
        finally:
            stoker.finish()


def well(stoker, browser, folder):
    overview = Viewer(browser, stoker.port, width=1280, height=960)
    overview.wait_live()
    time.sleep(SETTLED)
    expect(overview("#verdict")).to_have_text("All well")
    take(overview.page, folder, "page-overview")
    overview.close()


def trouble(stoker, place, browser, folder):
    overview = Viewer(browser, stoker.port, width=1280, height=1120)
    overview.wait_live()
    # A sample every ten seconds: fewer make no picture.
    wait_for("trends", lambda: len(stoker.get("/service/database/usage").json["services"]["database"]["cpu_percent"]) >= 7, deadline=120)
    (place / "broken").touch()
    (place / "slow").touch()
    stoker.wait_status("database", "failed")
    stoker.wait_status("mailer", "backoff")
    stoker.wait_status("api", "waiting")
    # Somebody made a mistake in the file too, and Stoker says so.
    text = stoker.file.read_text()
    stoker.file.write_text(text.replace('"command"', '"comand"', 1))
    assert stoker.post("/reload").status == 400
    stoker.file.write_text(text)
    expect(overview(".own li")).to_have_count(1)
    expect(overview(".card")).to_have_count(3)
    expect(overview(".card .last q")).to_have_text(["slow query: 4211 ms"])
    take(overview.page, folder, "page-failure")
    overview.page.emulate_media(color_scheme="dark")
    take(overview.page, folder, "page-dark")
    overview.close()

    service = Viewer(browser, stoker.port, "#/service/api", width=1280, height=1010)
    service.wait_live()
    expect(service(".why .tag")).to_have_count(1)
    expect(service(".log")).to_contain_text("listening")
    expect(service.page.get_by_role("img", name="Memory")).to_be_visible()
    take(service.page, folder, "page-service")
    service.close()

    phone = Viewer(browser, stoker.port, width=390, height=844, device_scale_factor=2)
    phone.wait_live()
    phone("tr.service").first.wait_for()
    expect(phone(".card")).to_have_count(3)
    take(phone.page, folder, "page-phone")
    phone.close()


def terminals(stoker, browser, folder):
    rows, narrow, wide = TERMINAL
    there = f"--url http://127.0.0.1:{stoker.port}"
    for columns, name, line, last in (
        (wide, "terminal-status", f"clear; stoker status {there}; echo; stoker why web {there}", "stoker start database"),
        (wide, "terminal-top", f"stoker top {there}", "q quit"),
        (narrow, "terminal-narrow", f"stoker top {there}", "q quit"),
    ):
        terminal = Terminal(stoker, columns=columns, rows=rows + (14 if "status" in name else 0))
        terminal.run(line)
        terminal.wait("worker", last)
        if "top" in line:
            wait_for("a second reading", lambda: re.search(r"cache .* \d\.\d ", terminal.text()))
        picture = browser.new_page(device_scale_factor=1)
        picture.set_content(drawn(terminal.lines(colours=True)))
        take(picture.locator("pre"), folder, name)
        picture.close()
        terminal.close()


COLOURS = {31: "#ff857a", 32: "#63c693", 33: "#e8b052", 34: "#82b7f5", 36: "#6cc7d9"}


def drawn(lines):
    """A screen with the sequences of its colours, as a page."""
    style, parts = {}, []
    for piece in re.split(r"(\x1b\[[\d;]*m)", "\n".join(lines).rstrip()):
        if not piece.startswith("\x1b"):
            parts.append(f'<span style="{";".join(f"{key}:{value}" for key, value in style.items())}">{html.escape(piece)}</span>')
            continue
        for code in [int(code or 0) for code in piece[2:-1].split(";")]:
            if code == 0:
                style = {}
            elif code == 1:
                style["font-weight"] = "bold"
            elif code == 2:
                style["color"] = "#8f887d"
            elif code == 7:
                style["filter"] = "invert(1);background:#151412"
            elif code in COLOURS:
                style["color"] = COLOURS[code]
            elif code == 39:
                style.pop("color", None)
    rules = "display:inline-block;margin:0;padding:16px;background:#151412;color:#ece8e1;font:14px/1.35 'DejaVu Sans Mono',monospace"
    return f'<pre style="{rules}">{"".join(parts)}</pre>'


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
