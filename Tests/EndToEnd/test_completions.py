"""Shells complete verbs, options and the services' names."""

import shutil
import subprocess

import pytest

from harness import wait_for
from terminal import Terminal

SERVICES = {name: {"command": "exec sleep 1000"} for name in ("betanet", "bitchat", "dao")}

BASH = """
source "$1"
complete_line() {
  COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMPREPLY=()
  read -ra COMP_WORDS <<<"$1"
  [[ $1 == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  "$(complete -p stoker | sed 's/.* -F \\([^ ]*\\).*/\\1/')" stoker "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
  echo "${COMPREPLY[@]}"
}
"""


def script(stoker, shell):
    result = stoker.command("completions", shell)
    assert result.returncode == 0, result.stderr
    path = stoker.directory / f"completions.{shell}"
    path.write_text(result.stdout)
    return path


def in_bash(stoker, line):
    path = script(stoker, "bash")
    (stoker.directory / "ask.bash").write_text(BASH + f"complete_line '{line}'\n")
    result = subprocess.run(
        ["bash", "--norc", "ask.bash", str(path)],
        cwd=stoker.directory,
        env=Terminal.environment_of(stoker),
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_says_where_it_belongs_and_its_shell_understands_it(make_stoker, shell):
    stoker = make_stoker(services=SERVICES)
    path = script(stoker, shell)
    assert f"stoker completions {shell} >" in path.read_text()
    if shell == "zsh":
        assert path.read_text().startswith("#compdef stoker\n")
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    result = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_bash_completes_verbs_options_and_names_from_the_running_stoker_or_from_the_file(make_stoker):
    stoker = make_stoker(services=SERVICES)
    assert {"status", "start", "stop"} <= set(in_bash(stoker, "stoker st"))
    assert "--service" in in_bash(stoker, "stoker events --s")
    assert in_bash(stoker, "stoker why b") == ["betanet", "bitchat"], "from the file"
    stoker.start()
    stoker.write({**SERVICES, "brandnew": SERVICES["dao"]})
    assert in_bash(stoker, "stoker why b") == ["betanet", "bitchat"], "from the running one"
    assert in_bash(stoker, f"stoker restart --url http://127.0.0.1:{stoker.port} d") == ["dao"]
    assert in_bash(stoker, "stoker events --service bi") == ["bitchat"]
    stoker.reload()
    assert in_bash(stoker, "stoker stop br") == ["brandnew"]


# Not beside the demo, whose services a shell completes where no file names others.
@pytest.mark.xdist_group("demo")
def test_where_there_is_nothing_to_complete_nothing_is_said(make_stoker):
    stoker = make_stoker(text="version: 7\n")
    assert in_bash(stoker, "stoker why b") == []
    stoker.file.unlink()
    assert in_bash(stoker, "stoker why b") == []
    assert in_bash(stoker, "stoker why --url http://127.0.0.1:1 b") == []
    result = stoker.command("---completion", "nonsense")
    assert (result.stdout, result.stderr) == ("", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_complete_names_too(make_stoker, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    stoker = make_stoker(services=SERVICES).start()
    path = script(stoker, shell)
    terminal = Terminal(stoker, shell=["zsh", "-f"] if shell == "zsh" else ["fish", "--no-config"])
    try:
        if shell == "zsh":
            path.rename(stoker.directory / "_stoker")
            terminal.run("fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d $PWD/dump; clear; echo there")
        else:
            terminal.run(f"source {path.name}; clear; echo there")
        wait_for("the shell", lambda: terminal.lines()[0] == "there")
        terminal.press("stoker why d", "Tab")
        terminal.wait("stoker why dao")
        terminal.press("C-u", "stoker why b", "Tab", "Tab")
        terminal.wait("betanet", "bitchat")
    finally:
        terminal.close()
