"""Environment files and what services find in their environment: against systemd's own reader, byte for byte, without Stoker's own, by files."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from harness import BINARIES, STOKER, recorder, wait_for

# The reader that systemd has for EnvironmentFile= also reads environment.d, for the managers of users. This program prints what it made of that.
GENERATOR = pathlib.Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")

# It replaces $NAME, which services' files do not have, and passes over empty values: both are left out. So is a backslash at a comment's end, in
# which versions of systemd differ.
FORMS = [
    b"A=b", b"  A = b  ", b"A\t=b", b"A=a  b", b"A=a=b", b"A=b\r\n", b"\r\n\n A=b", b"A=\xc3\xbc=x\r\n", b"A=b\rB=c\r",
    b"# c\n; c\n\nA=1", b"  # c\nA=1", b"A=a b # c", b"A=#b", b"A=a;b", b'A="a" # c', b"A='a' # c\n",
    b"A='a  b\\n '", b'A="two\nlines"', b"A='two\r\nlines'", b'A="x "  ', b'A="a"b', b"A=\"a\"'b'", b"A=\"a\"b'c'", b'A="a" b', b"A='a' 'b'",
    b"A=a'b'", b'A=a"b"', b"A=it's", b'A={"a": "b"}', b'A=  "a"', b"A='a\"b'", b"A='it'\\''s'", b'A=a "b"', b"A=it's\nB=1\nC=don't",
    b'A="a\\"b\\\\c\\`d\\x"', b"A=one\\\ntwo", b"A=one \\\n  two", b'A="one\\\ntwo"', b"A=a\\ b\\  ", b"A=C:\\\\dir\\n", b'A=\\"a\\"', b"A=\\'a",
    b"A=a\\", b'A=\\\n"a"', b"A='one\\\ntwo'", b'A="a\\\r\nb"', b"A=a\\\rb", b"A=a\\\\", b"A=\tb\t", b"A=1\nA=2",
]  # fmt: skip

# What it drops, or uses in part.
REFUSED = {
    b"A=1\nnonsense\n": b"A=1", b"A=1\nexport B\n": b"A=1", b"A=1\n1B=2": b"A=1", b"A=1\nB.C=2": b"A=1", b"B='open\nA=1\n": None, b"A=1\nB=caf\xe9\n": None,
}  # fmt: skip

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "s": " "}


def unescaped(text):
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(x[0-9a-f]{2}|.)", lambda found: ESCAPES.get(found[1]) or (chr(int(found[1][1:], 16)) if len(found[1]) > 1 else found[1]), text[1:-1])


def by_systemd(folder, content):
    (folder / "environment.d").mkdir(exist_ok=True)
    (folder / "environment.d" / "50.conf").write_bytes(content)
    result = subprocess.run([GENERATOR], env={"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}, capture_output=True, check=False)
    variables = dict(line.split("=", 1) for line in result.stdout.decode().splitlines())
    return {name: unescaped(value) for name, value in variables.items() if name in ("A", "B", "C")}


def by_stoker(stoker, name):
    # As bytes: Python's texts would have LF for CR and LF.
    variables = {**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}"}
    result = subprocess.run([STOKER, "exec", name, "--", "env", "-0"], cwd=stoker.directory, env=variables, capture_output=True, check=True)
    values = dict(entry.split("=", 1) for entry in result.stdout.decode().split("\0") if entry)
    return {name: value for name, value in values.items() if name in ("A", "B", "C")}


@pytest.mark.skipif(not GENERATOR.exists(), reason="no systemd here")
def test_each_form_is_read_as_systemd_reads_it(make_stoker, tmp_path):
    stoker = make_stoker(services={f"s{number}": recorder(f"s{number}", environment_file=f"{number}.env") for number in range(len(FORMS))})
    differences = {}
    for number, form in enumerate(FORMS):
        (stoker.directory / f"{number}.env").write_bytes(form)
        theirs = by_systemd(tmp_path, form)
        ours = by_stoker(stoker, f"s{number}")
        if ours != theirs or "A" not in theirs:
            differences[form] = (ours, theirs)
    assert differences == {}


def test_what_systemd_would_drop_or_use_in_part_is_refused_with_its_line(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", environment_file="web.env")})
    for content in REFUSED:
        (stoker.directory / "web.env").write_bytes(content)
        result = stoker.command("exec", "web", "--", "true")
        assert result.returncode == 65 and re.search(r"web\.env:\d+:\d+: ", result.stderr), (content, result)


def test_a_quote_in_a_bare_value_is_a_character_and_swallows_no_line(make_stoker):
    command = 'echo "$DATA|$WORD|$NEXT|$OTHER"; exec sleep 1000'
    stoker = make_stoker(services={"web": {"command": command, "environment_file": ["first.env", "-missing.env", "second.env"]}})
    (stoker.directory / "first.env").write_text('DATA={"a": "b"}\nNEXT=0\n')
    (stoker.directory / "second.env").write_text("WORD=it's\nNEXT=1\nOTHER=don't\n")
    stoker.start()
    wait_for("its variables", lambda: '{"a": "b"}|it\'s|1|don\'t' in stoker.command("logs", "web").stdout)
    # A change of one of several files, and an optional one that comes.
    (stoker.directory / "missing.env").write_text("OTHER=x\n")
    assert stoker.reload()["unchanged"] == ["web"], "a later file replaces it"
    (stoker.directory / "missing.env").write_text("MORE=x\n")
    (change,) = stoker.reload()["changes"]
    assert change["reasons"] == ["environment_file"]


def test_check_warns_of_a_comment_that_is_none(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", environment_file="web.env")})
    (stoker.directory / "web.env").write_text("A=1\nB=b # no comment\n")
    result = stoker.command("check")
    assert result.returncode == 0 and re.search(r"web\.env:2:5: ' #' begins no comment", result.stderr), result


PRINT = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(k + b'=' + v for k, v in os.environb.items()))"


def test_bytes_that_are_no_text_arrive_as_they_are_at_services_hooks_checks_and_commands(make_stoker):
    # Python keeps bytes that are no UTF-8 in its texts in this way, too. "é" in two ways of Unicode is two names.
    odd = {"BYTES": os.fsdecode(b"caf\xe9"), "PLAIN": os.fsdecode(b"\xff=\xfe"), "e\u0301": "two", "\u00e9": "one"}
    stoker = make_stoker()

    def dump(name):
        return f'printf %s "$BYTES$PLAIN" | od -An -tx1 | tr -d " \\n" > {stoker.directory / name}'

    hooks = {"post_start": dump("hook")}
    health = {"exec": {"command": dump("check")}, "start_interval": "100ms"}
    stoker.write({"web": recorder("web", first=dump("main"), hooks=hooks, health=health)})
    stoker.start(environment=odd)
    for name in ("main", "hook", "check"):
        file = stoker.directory / name
        wait_for(f"the bytes of {name}", lambda file=file: file.exists() and file.read_text() == "636166e9ff3dfe")

    def executed(*command):
        variables = {**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}", **odd}
        return subprocess.run([STOKER, "exec", "web", "--", *command], cwd=stoker.directory, env=variables, capture_output=True, check=True).stdout

    seen = executed(sys.executable, "-c", PRINT).split(b"\0")
    assert {os.fsencode(name) + b"=" + os.fsencode(value) for name, value in odd.items()} <= set(seen)
    assert executed("printf", "%s", b"caf\xe9 \xff") == b"caf\xe9 \xff", "arguments too"


def test_without_the_environment_of_stoker_there_is_a_default_path_and_what_the_file_says(make_stoker):
    lone = {"command": ["env"], "kind": "oneshot", "inherit_environment": False, "environment": ["OWN=own"], "environment_file": "a.env"}
    stoker = make_stoker(services={"lone": lone, "full": {**lone, "inherit_environment": True}})
    (stoker.directory / "a.env").write_text("FILE=file\n")
    stoker.start(environment={"SECRET": "s3cret", "HOME": "/secret"})
    stoker.wait_status("lone", "completed")
    stoker.wait_status("full", "completed")
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    expected = {path, f"PWD={stoker.directory}", "OWN=own", "FILE=file"}
    lines = set(stoker.command("logs", "lone").stdout.splitlines())
    assert {line for line in lines if not line.startswith("STOKER_")} == expected
    assert {"SECRET=s3cret", "HOME=/secret"} <= set(stoker.command("logs", "full").stdout.splitlines())
    result = stoker.command("exec", "lone", "--", "env", environment={"SECRET": "s3cret"})
    assert set(result.stdout.splitlines()) == expected
    (change,) = stoker.reload({"lone": {**lone, "inherit_environment": True}, "full": {**lone, "inherit_environment": True}})["changes"]
    assert change["service"] == "lone" and change["reasons"] == ["inherit_environment"]


def test_pwd_is_the_directory_of_each_process_unless_the_file_says_otherwise(make_stoker, tmp_path):
    # No shell, which would mend it.
    tell = [sys.executable, "-c", f"import os; open('{tmp_path}/check', 'w').write(os.environ['PWD'])"]
    health = {"exec": {"command": tell, "directory": "/"}, "start_interval": "100ms"}
    shown = {"command": ["printenv", "PWD"], "kind": "oneshot", "directory": str(tmp_path)}
    services = {"web": recorder("web", health=health), "shown": shown, "own": {**shown, "environment": {"PWD": "mine"}}}
    stoker = make_stoker(services=services).start(environment={"PWD": "/stokers"})
    wait_for("that of the check", lambda: (tmp_path / "check").exists() and (tmp_path / "check").read_text() == "/")
    for name, directory in (("shown", str(tmp_path)), ("own", "mine")):
        wait_for(name, lambda name=name, directory=directory: stoker.command("logs", name).stdout.split() == [directory])


# -- several files -------------------------------------------------------------------------------------------------------------


def test_included_files_and_variables_are_one_file_for_check_run_reload_and_restart(make_stoker):
    stoker = make_stoker()
    text = f"""
version: 1
include: conf.d/*.yaml
stoker:
  listen: ["127.0.0.1:{stoker.port}"]
  state_dir: {stoker.directory}/state
  control: loopback
  variables: [-vars.env]
services:
  web: {{command: "echo ${{WORD:-none}}; exec sleep 1000"}}
"""
    stoker.file.write_text(text)
    folder = stoker.directory / "conf.d"
    folder.mkdir()
    (folder / "a.yaml").write_text("services:\n  a: {command: [sleep, '1000'], depends_on: [web]}\n")
    stoker.start()
    stoker.wait_status("a", "running")

    def is_changed():
        return stoker.post("/restart/a").json["file_changed"]

    assert is_changed() is False
    for step, names in (
        (lambda: (folder / "b.yaml").write_text("services:\n  b: {command: [sleep, '1000']}\n"), {"b"}),
        (lambda: (folder / "a.yaml").write_text("services:\n  a: {command: [sleep, '1001']}\n"), {"a"}),
        (lambda: (stoker.directory / "vars.env").write_text("WORD=word\n"), {"web"}),
        (lambda: (folder / "b.yaml").unlink(), {"b"}),
    ):
        step()
        assert is_changed() is True
        assert {change["service"] for change in stoker.reload()["changes"]} == names
        assert is_changed() is False
    wait_for("the variable", lambda: "word" in stoker.command("logs", "web").stdout)
    (folder / "c.yaml").write_text("services:\n  web: {command: [x]}\n  c: {comand: [x]}\n")
    answer = stoker.post("/reload")
    assert answer.status == 400
    for result in (answer.text, stoker.command("check").stderr, stoker.command("exec", "web", "--", "true").stderr):
        assert "conf.d/c.yaml:2:3: the service 'web' is in two files; the other one is at" in result and "stoker.yaml:10" in result
        assert "conf.d/c.yaml:3:7: unknown key 'comand'" in result


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("name", ["conf.d/a.yaml", "vars.env"])
def test_root_takes_neither_services_nor_variables_from_files_that_everybody_may_write(make_stoker, name):
    stoker = make_stoker(services={"web": recorder("web")})
    content = stoker.file.read_text()
    (stoker.directory / "conf.d").mkdir()
    (stoker.directory / "conf.d" / "a.yaml").write_text("services: {a: {command: [a]}}\n")
    (stoker.directory / "vars.env").write_text("A=1\n")
    stoker.file.write_text('{"include": "conf.d/*.yaml", ' + content.lstrip()[1:].replace('"stoker": {', '"stoker": {"variables": "vars.env", ', 1))
    assert stoker.command("check").returncode == 0
    (stoker.directory / name).chmod(0o666)
    for verb in ("check", "run"):
        result = stoker.command(verb)
        assert result.returncode == 65 and f"{name}: everybody can write it, so root does not use it" in result.stderr, result
