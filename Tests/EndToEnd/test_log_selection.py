"""Lines of a log by time and by pattern, over the API and on the command line, with and without following."""

import datetime
import re
import subprocess

import pytest

from harness import STOKER, http_request, wait_for
from test_following import Follower

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
USAGE = 64


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.fixture
def talker(make_stoker):
    """A service that writes three lines, and the word `later: …` for each word that stands in the file `word`."""
    script = 'echo alpha; echo "Error: beta" >&2; echo error gamma; while :; do [ -s word ] && { echo later: $(cat word); : > word; }; sleep 0.05; done'
    stoker = make_stoker(services={"app": {"command": script}}).start()
    wait_for("its first lines", lambda: stoker.get("/service/app/logs").text.count("\n") == 3)

    def say(word):
        (stoker.directory / "word").write_text(word)

    stoker.say = say
    return stoker


def lines(stoker, query):
    answer = stoker.get(f"/service/app/logs?{query}")
    assert answer.status == 200, answer.text
    return answer.text.splitlines()


def test_a_pattern_selects_lines_and_the_number_counts_those_that_are_left(talker):
    assert lines(talker, "grep=error") == ["error gamma"]
    assert sorted(lines(talker, "grep=error&ignore_case=1")) == ["Error: beta", "error gamma"]
    assert lines(talker, "grep=^a&tail=1") == ["alpha"], "though two lines came after it"
    assert lines(talker, "grep=a&stream=stderr") == ["Error: beta"]
    assert lines(talker, "grep=nothing") == []


def test_lines_have_their_times_and_are_selected_by_them(talker):
    first = lines(talker, "timestamps=1&tail=1&grep=alpha")[0]
    assert re.fullmatch(STAMP + " alpha", first), first
    talker.say("one")
    wait_for("another line", lambda: lines(talker, "grep=later"))
    later = lines(talker, "timestamps=1&grep=later")[0].split()[0]
    assert moment(first.split()[0]) < moment(later)
    assert lines(talker, f"since={later}") == ["later: one"]
    # Times are cut to milliseconds where they are shown.
    before = (moment(later) - datetime.timedelta(milliseconds=1)).isoformat().replace("+", "%2B")
    assert sorted(lines(talker, f"until={before}")) == ["Error: beta", "alpha", "error gamma"]
    assert lines(talker, "since=1h&tail=1") == ["later: one"]
    assert len(lines(talker, "since=1h")) == 4


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=yesterday", "'since' is a time ago such as 10m or 2h30m, or a time such as 2026-11-30T12:00:00Z, not 'yesterday'"),
        ("until=2026-11-30T12:00:00", "'until' is a time ago"),
        ("since=1m&until=2m", "'until' is before 'since'"),
        ("grep=[", "'grep' cannot be used as a pattern"),
        (r"grep=\d", "write [0-9]"),
        ("grep=((((((((a%2B)%2B)%2B)%2B)%2B)%2B)%2B)%2B)%2B", "too large"),
        ("grep=a{1,30000}", "too large"),
        ("grep=" + 1001 * "a", "more than 1000 bytes"),
        ("timestamps=maybe", "'timestamps' is 1 or 0"),
    ],
)
def test_what_cannot_be_selected_is_refused_with_a_sentence(talker, query, sentence):
    answer = talker.get(f"/service/app/logs?{query}")
    assert answer.status == 400 and sentence in answer.json["message"], answer.text


def test_a_direct_log_has_a_pattern_and_no_times(make_stoker):
    stoker = make_stoker(services={"app": {"command": "echo alpha; echo beta; exec sleep 1000", "log": {"mode": "direct"}}}).start()
    wait_for("its lines", lambda: stoker.get("/service/app/logs").text == "alpha\nbeta\n")
    assert stoker.get("/service/app/logs?grep=bet").text == "beta\n"
    for query in ("since=1m", "until=1m", "timestamps=1"):
        answer = stoker.get(f"/service/app/logs?{query}")
        assert (answer.status, answer.json["error"]) == (409, "no_times")
    result = stoker.command("logs", "app", "-t")
    assert result.returncode == 1 and "log.mode: direct" in result.stderr


def test_a_follower_gets_the_lines_that_match_as_they_come(talker):
    follower = Follower(talker, "app", "grep=error|later&timestamps=1").reading()
    follower.wait(b"error gamma\n")
    talker.say("one")
    follower.wait(b"later: one\n")
    assert re.fullmatch(f"{STAMP} error gamma\n{STAMP} later: one\n", follower.whole().decode())
    follower.close()


def test_the_end_of_the_time_ends_a_follower(talker):
    until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)).isoformat().replace("+", "%2B")
    follower = Follower(talker, "app", f"until={until}").reading()
    wait_for("its end", lambda: follower.end)
    assert follower.end == "ended" and follower.bytes.count(b"\n") == 3


def test_the_command_line_selects_alike(talker):
    result = talker.command("logs", "app", "--since", "1h", "--grep", "ERROR", "--ignore-case", "-t", "-n", "1")
    assert result.returncode == 0, result
    assert re.fullmatch(STAMP + " (Error: beta|error gamma)\n", result.stdout)
    for arguments, sentence in [
        (["--since", "yesterday"], "--since takes a time ago such as 10m or 2h30m, a time here such as '2026-11-30 12:00'"),
        (["--grep", r"\d"], "--grep cannot be used as a pattern: POSIX reads"),
        (["--ignore-case"], "--ignore-case needs --grep"),
    ]:
        result = talker.command("logs", "app", *arguments)
        assert (result.returncode, result.stdout) == (USAGE, "") and sentence in result.stderr, result
    process = subprocess.Popen(
        [str(STOKER), "logs", "app", "-f", "--grep", "later", "--config", str(talker.file)], stdout=subprocess.PIPE, text=True
    )
    talker.say("two")
    assert process.stdout.readline() == "later: two\n"
    process.terminate()
    process.wait()
    process.stdout.close()


def test_a_local_time_is_one_of_the_callers_zone(talker):
    here = {"TZ": "XYZ-5"}  # five hours east
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=5)))
    past, future = ((now + datetime.timedelta(minutes=sign * 10)).strftime("%Y-%m-%d %H:%M") for sign in (-1, 1))
    assert talker.command("logs", "app", "--since", past, environment=here).stdout.count("\n") == 3
    assert talker.command("logs", "app", "--since", future, environment=here).stdout == ""
    assert talker.command("logs", "app", "--since", past, environment={"TZ": "UTC"}).stdout == ""


def test_it_is_said_when_memory_does_not_reach_back_so_far_and_where_the_lines_are(make_stoker):
    command = "for i in 1 2 3 4 5; do echo $i; sleep 0.02; done; exec sleep 1000"
    stoker = make_stoker(services={"app": {"command": command, "log": {"memory_lines": 2}}}).start()
    wait_for("its last line", lambda: stoker.get("/service/app/logs").text == "4\n5\n")
    result = stoker.command("logs", "app", "--since", "1h")
    assert (result.returncode, result.stdout) == (0, "4\n5\n")
    assert re.match(
        rf"stoker: app: Stoker has no lines in memory from before .* earlier ones, if there are any, are in {stoker.state}/logs/app.log and the files that were "
        rf"rotated from it \({stoker.state}/logs/app.log.1, .2.gz …\)\n$", result.stderr,
    ), result.stderr
    since = stoker.get("/service/app").json["log"]["in_memory_since"]
    assert stoker.command("logs", "app", "--since", since).stderr == ""
    assert stoker.get(f"/service/app/logs?since={since}").text == "4\n5\n"


def test_the_place_of_a_log_and_its_last_line_are_for_those_who_get_output(make_stoker):
    stoker = make_stoker(services={"app": {"command": "echo secret; exec sleep 1000"}}, supervisor={"control": "socket"}).start()
    socket = stoker.state / "stoker.sock"

    def detail(address):
        return http_request(address, "GET", "/api/orchestration/service/app").json

    wait_for("its line", lambda: detail(socket)["last_output"])
    assert detail(socket)["last_output"]["text"] == "secret" and detail(socket)["log"]["path"] == f"{stoker.state}/logs/app.log"
    stranger = stoker.get("/service/app").json
    assert stranger["last_output"] is None and stranger["log"]["path"] is None
