"""Stoker's own troubles are said by every face as long as they last, and no longer."""

import os

import pytest

from browser import Viewer, chromium
from harness import recorder, wait_for
from log_lines import numbered
from playwright.sync_api import expect
from test_full_disk import fill, small_state  # noqa: F401 (a fixture)


def codes(stoker):
    """The codes, which both answers have, and `status` and `health` in words."""

    def troubles(path):
        return stoker.get(path).json["troubles"]

    def said(verb):
        lines = stoker.command(verb, "--url", f"http://127.0.0.1:{stoker.port}").stdout.splitlines()
        return [line.removeprefix("Stoker: ") for line in lines if line.startswith("Stoker: ")]

    def agreed():
        """Nothing, while they change."""
        found, others, words = troubles("/health"), troubles("/services"), [said("status"), said("health")]
        return [found] if found == others == troubles("/health") and words == [[each["sentence"] for each in found]] * 2 else None

    return [trouble["code"] for trouble in wait_for("every face to say the same", agreed)[0]]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems, which only root may")
def test_a_full_disk_is_told_by_every_face_and_the_journal_no_longer_than_it_lasts(small_state):  # noqa: F811
    stoker = small_state(services={"a": recorder("a"), "talks": numbered("talks", chunk=1, pause=0.1)}).start()
    assert codes(stoker) == []
    fill(stoker)
    assert stoker.post("/restart/a").status == 200
    wait_for("both troubles", lambda: {"journal_unusable", "output_dropped"} <= set(codes(stoker)))
    dropped = next(trouble for trouble in stoker.get("/health").json["troubles"] if trouble["code"] == "output_dropped")
    assert "talks" in dropped["services"] and "talks" in dropped["sentence"]
    assert stoker.get("/health").json["composite_health"] == "healthy", "the services are well"
    with chromium() as browser:
        viewer = Viewer(browser, stoker.port)
        expect(viewer("#verdict")).to_have_text("The services are well, Stoker is not")
        expect(viewer(".verdict .own li", has_text="was dropped within the last 5 min")).to_have_count(1)
        viewer.close()
    (stoker.state / "filler").unlink()
    wait_for("the journal to be written again", lambda: not {"journal_unusable", "record_unwritten"} & set(codes(stoker)))
    assert codes(stoker) == ["output_dropped"], "it was a moment ago"


def test_a_limit_that_is_not_in_force_and_a_refused_reload_are_told(make_stoker):
    services = {"a": recorder("a", limits={"memory": "64MiB"}), "b": recorder("b")}
    stoker = make_stoker(services=services).start()
    is_in_force = stoker.metric("stoker_service_memory_limit_bytes", name="a") is not None
    expected = [] if is_in_force else ["limit_not_in_force"]
    assert codes(stoker) == expected
    if not is_in_force:
        trouble = stoker.get("/health").json["troubles"][0]
        assert trouble["services"] == ["a"] and trouble["sentence"].startswith("limits.memory is not in force: ")
    text = stoker.file.read_text()
    stoker.file.write_text(text.replace("limits", "limites"))
    assert stoker.post("/reload").status == 400
    assert codes(stoker) == ["reload_refused", *expected]
    assert "limites" in stoker.get("/health").json["troubles"][0]["sentence"]
    stoker.file.write_text(text.replace("64MiB", "65MiB"))
    assert stoker.post("/reload").status == 200
    assert codes(stoker) == expected
    del services["a"]["limits"]
    stoker.reload(services)
    wait_for("nothing to be told", lambda: codes(stoker) == [])
