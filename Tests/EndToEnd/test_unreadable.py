"""What Stoker may not read is absent and counted; it is never 0 (docs/metrics.md, use of the machine)."""

import os

import pytest

from harness import series, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start services of other users")
FAMILIES = ("open_fds", "max_fds", "io_read_bytes_total", "io_write_bytes_total")


def without(stoker, *capabilities):
    """Has Stoker run as root without these."""
    stoker.through = ["setpriv", "--bounding-set=" + ",".join(f"-{name}" for name in capabilities)]


def test_descriptors_of_another_users_service_are_read_without_cap_sys_resource(make_stoker):
    stoker = make_stoker(services={"theirs": {"user": "65534", "directory": "/", "command": "ulimit -n 77; exec sleep 1000"}, "ours": {"command": "exec sleep 1000"}})
    without(stoker, "sys_resource")
    stoker.start()
    wait_for("the limit", lambda: stoker.metric("stoker_service_max_fds", name="theirs") == 77)
    assert stoker.metric("stoker_service_open_fds", name="theirs") >= 3
    assert stoker.metric("stoker_service_max_fds", name="ours") > 77
    assert {value for (family, _), value in stoker.metrics().items() if family == "stoker_read_failures_total"} == {0}


def test_what_may_not_be_read_is_absent_and_counted(make_stoker):
    stoker = make_stoker(services={"theirs": {"user": "65534", "directory": "/", "command": "exec sleep 1000"}, "ours": {"command": "exec sleep 1000"}})
    without(stoker, "sys_resource", "sys_ptrace", "dac_override", "dac_read_search")
    stoker.start()
    page = stoker.request("GET", "/metrics").text
    for family in FAMILIES:
        assert series(page, f"stoker_service_{family}", name="theirs") is None, family
        assert series(page, f"stoker_service_{family}", name="ours") is not None, family
    assert stoker.metric("stoker_service_resident_memory_bytes", name="theirs") > 0
    failures = {dict(labels)["value"]: value for (family, labels), value in stoker.metrics().items() if family == "stoker_read_failures_total"}
    assert failures["descriptors"] > 0 and failures["storage"] > 0
    assert failures["processes"] == failures["journal_size"] == failures["own_descriptors"] == 0
    # It ends, and what it read and wrote is still not known.
    assert stoker.post("/stop/theirs").status == 200
    assert stoker.metric("stoker_service_open_fds", name="theirs") == 0
    assert stoker.metric("stoker_service_io_read_bytes_total", name="theirs") is None
