"""Takes the pictures of the status page in docs/images: `python screenshots.py [FOLDER]`. The FOG example runs, and is made to fail."""

import os
import pathlib
import signal
import sys
import tempfile
import time

from playwright.sync_api import expect

from browser import Viewer, chromium
from conftest import fog_file
from harness import ROOT, Stoker, wait_for

LIMIT = 200_000  # bytes of a picture
SETTLED = 210  # seconds of checks every two: strips are full, and uptimes worth looking at


def kill(stoker, name):
    os.kill(stoker.service(name)["pid"], signal.SIGKILL)


def fail_for_good(stoker, name):
    def has_failed():
        service = stoker.service(name)
        if service["status"] == "running":
            time.sleep(1)  # it says a few words first, which are shown
            os.kill(service["pid"], signal.SIGKILL)
        return service["status"] == "failed"

    wait_for(f"{name} to have failed", has_failed)


def take(viewer, folder, name):
    path = folder / f"{name}.png"
    viewer.page.screenshot(path=path, animations="disabled")
    print(f"{path}: {path.stat().st_size} bytes")
    assert path.stat().st_size < LIMIT, path


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        stoker = Stoker(pathlib.Path(place) / "fog")
        try:
            text, _ = fog_file(stoker.state, stoker.port, "2s")
            stoker.file.write_text(text)
            stoker.start()
            pictures(stoker, browser, folder)
        finally:
            stoker.finish()


def pictures(stoker, browser, folder):
    overview = Viewer(browser, stoker.port, width=1280, height=1080)
    overview.wait_live()
    time.sleep(SETTLED)
    expect(overview("#verdict")).to_have_text("All well")
    take(overview, folder, "page-overview")

    fail_for_good(stoker, "fog_coordinator")
    for name in ("onion", "vpn_coordinator"):
        kill(stoker, name)
        stoker.wait_status(name, "waiting")
    expect(overview(".edge[data-chain]")).to_have_count(3)
    overview.page.set_viewport_size({"width": 1280, "height": 1310})
    take(overview, folder, "page-failure")
    overview.page.emulate_media(color_scheme="dark")
    take(overview, folder, "page-dark")
    overview.close()

    service = Viewer(browser, stoker.port, "#/service/vpn_coordinator", width=1280, height=1010)
    service.wait_live()
    expect(service(".why .tag")).to_have_count(1)
    expect(service(".runs tbody tr")).to_have_count(1)
    expect(service(".log")).to_contain_text("listening")
    take(service, folder, "page-service")
    service.close()

    phone = Viewer(browser, stoker.port, width=390, height=844, device_scale_factor=2)
    phone.wait_live()
    phone("tr.service").first.wait_for()
    expect(phone(".card")).to_have_count(1)
    take(phone, folder, "page-phone")
    phone.close()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
