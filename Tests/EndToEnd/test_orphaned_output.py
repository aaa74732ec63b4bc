"""What services say when no Stoker is there: it is read later, it keeps nobody from working for longer than it must, and it ends nobody."""

import re

from harness import alive, end, pipes_of, recorder, wait_for
from numbered_lines import LOST_AT_MOST, check_all_there, log_size, numbers, said, writer

PIPE = 64 * 1024  # what a pipe holds at least


def log_of(stoker, name):
    return (stoker.state / "logs" / f"{name}.log").read_bytes()


def waits_in_write(pid):
    """Whether it sleeps in a write to its output."""
    with open(f"/proc/{pid}/syscall") as file:
        return file.read().startswith("1 0x1 ")


# scenarios 67 a and d
def test_what_was_said_when_no_stoker_was_there_is_in_the_log_afterwards(make_stoker):
    stoker = make_stoker(services={"w": writer("w", "out err", pause=0.01)}).start()
    pid = stoker.service("w")["pid"]
    kills = []
    for _ in range(3):
        spoken = said(stoker, "w")
        wait_for("more to be said", lambda: said(stoker, "w") > spoken + 10)
        stoker.kill()
        kills.append(log_size(stoker, "w"))
        silent = said(stoker, "w")
        wait_for("more to be said to nobody", lambda: said(stoker, "w") > silent + 100)
        assert log_size(stoker, "w") == kills[-1], "nobody reads it"
        stoker.start()
        assert stoker.service("w")["pid"] == pid
        until = said(stoker, "w")
        for stream in ("out", "err"):
            wait_for("it to be in the log", lambda: check_all_there(log_of(stoker, "w"), stream, kills) >= until)
    # So little was said that nothing can have been under way each time; and what may be missing is said.
    stoker.wait_said(f"at most {LOST_AT_MOST} bytes of each stream are missing", 3)
    tail = stoker.get("/service/w/logs?tail=5").text
    assert re.search(r"(out|err) \d{8}  end", tail), tail


# scenarios 67 a, 30, 36: the pipe fills up, and the writer waits
def test_a_service_that_says_much_waits_when_its_pipe_is_full_until_it_is_read_again(make_stoker):
    stoker = make_stoker(services={"w": writer("w", burst=50, pause=0.002, filling=180)}).start()
    pid = stoker.service("w")["pid"]
    wait_for("some lines", lambda: log_size(stoker, "w") > 0)
    stoker.kill()
    kills = [log_size(stoker, "w")]
    wait_for("the pipe to be full", lambda: waits_in_write(pid))
    silent = said(stoker, "w")
    read = numbers(log_of(stoker, "w"), "out")[-1][2]
    assert (silent + 50 - read) * 195 >= PIPE / 2, "there was room for what it says in passing"
    assert alive(pid)
    stoker.start()
    assert stoker.service("w")["pid"] == pid and stoker.service("w")["restart_count"] == 0
    wait_for("it to go on", lambda: said(stoker, "w") > silent + 200)
    until = said(stoker, "w")
    wait_for("all of it to be in the log", lambda: check_all_there(log_of(stoker, "w"), "out", kills) >= until)


# scenario 67 d
def test_programs_that_die_of_a_broken_pipe_do_not(make_stoker):
    chatter = "i=0; while :; do i=$((i+1)); echo $i; echo $i >&2; echo >> chatter.count; sleep 0.01; done"
    stoker = make_stoker(services={"chatter": recorder("chatter", then=chatter)}).start()
    pid = stoker.service("chatter")["pid"]
    spoken = wait_for("it to speak", lambda: (stoker.directory / "chatter.count").stat().st_size)
    stoker.kill()
    wait_for("it to speak on", lambda: (stoker.directory / "chatter.count").stat().st_size > spoken + 20)
    assert alive(pid)
    stoker.start()
    assert stoker.service("chatter")["pid"] == pid
    assert stoker.metric("stoker_service_exits_total", name="chatter", outcome="signal") == 0


# scenario 67 d
def test_in_direct_mode_nothing_is_lost_and_nobody_waits(make_stoker):
    services = {"w": writer("w", burst=20, pause=0.002, filling=180, log={"mode": "direct", "max_size": "10GB"})}
    stoker = make_stoker(services=services).start()
    pid = stoker.service("w")["pid"]
    stoker.kill()
    before = said(stoker, "w")
    wait_for("more than a pipe holds", lambda: (said(stoker, "w") - before) * 195 > 2 * 1024 * 1024)
    stoker.start()
    assert stoker.service("w")["pid"] == pid
    until = said(stoker, "w")
    found = [int(number) for number in re.findall(rb"^out (\d{8}) \.* end$", log_of(stoker, "w"), re.MULTILINE)]
    assert found[: until] == list(range(1, until + 1)), "all of them, once, in order"


# scenario 67 d, e
def test_what_was_said_last_by_one_that_ended_meanwhile_is_lost_and_that_is_said(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart={"policy": "never"}), "b": recorder("b")}).start()
    (pid,) = stoker.wait_instances("a", 1)
    stoker.wait_recorded("a")
    stoker.kill()
    end([pid])
    stoker.start()
    stoker.wait_said("the last output of these services, written while Stoker was down, is lost: a\n")


# scenario 36, with a kill
def test_the_log_of_an_adopted_service_is_made_anew_when_it_was_removed(make_stoker):
    stoker = make_stoker(services={"w": writer("w")}).start()
    wait_for("some lines", lambda: log_size(stoker, "w"))
    stoker.kill()
    (stoker.state / "logs" / "w.log").unlink()
    stoker.start()
    wait_for("a new log", lambda: log_size(stoker, "w"))
    assert stoker.service("w")["restart_count"] == 0


# scenario 67 d
def test_the_output_folder_holds_no_more_than_the_pipes_of_what_runs(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart={"backoff": {"base": "10ms"}}), "b": recorder("b")}).start()
    stoker.wait_written()
    for _ in range(2):
        (pid,) = stoker.wait_instances("a", 1)
        stoker.kill()
        end([pid])
        stoker.start()
        stoker.wait_status("a", "running")
    runs = {f"{name}.{stoker.history(name)[0]['run']}.{end}" for name in ("a", "b") for end in ("out", "err")}
    wait_for("only their pipes", lambda: {path.name for path in pipes_of(stoker.state).iterdir()} == runs)
    assert stoker.stop() == 0
    assert not pipes_of(stoker.state).exists()
