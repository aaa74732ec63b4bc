"""The supervisors that Stoker is measured beside: looked for, and installed where they are missing and that can be done.

Debian starts a service when its package is installed. These are wanted as programs: while they are installed policy-rc.d says no, and
afterwards they are disabled. What was there before is left as it is."""

import os
import pathlib
import shutil
import subprocess
import sys

CACHE = pathlib.Path(os.environ.get("PEERS", "~/.cache/stoker-bench")).expanduser().resolve()
CIRCUS = CACHE / "circus-venv"
POLICY = "/usr/sbin/policy-rc.d"

# The program that a peer needs, and Debian's name of its package.
PROGRAMS = {
    "s6": (("s6-svscan", "s6-svscanctl", "s6-log"), "s6"),
    "runit": (("runsvdir", "sv", "svlogd"), "runit"),
    "supervisord": (("supervisord", "supervisorctl"), "supervisor"),
}
COMPILER = (("gcc",), "gcc libc6-dev")
NAMES = (*PROGRAMS, "circus")


def are_there(programs):
    return all(shutil.which(program) for program in programs)


def as_root():
    """The prefix of a command that needs root; None where root is not available."""
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def install_packages(packages):
    """Installs Debian packages; returns why that failed, or nothing."""
    root = as_root()
    if not shutil.which("apt-get") or root is None:
        return "please install, by their names in Debian: " + " ".join(packages)
    print("installing:", *packages, file=sys.stderr, flush=True)

    def run(*command, **more):
        return subprocess.run([*root, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)

    is_policy_ours = not os.path.exists(POLICY)
    try:
        if is_policy_ours:
            run("tee", POLICY, input="#!/bin/sh\nexit 101\n")
            run("chmod", "+x", POLICY)
        run("apt-get", "update", "--quiet")
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        done = run("env", "DEBIAN_FRONTEND=noninteractive", *install)
    finally:
        if is_policy_ours:
            run("rm", "-f", POLICY)
    if done.returncode != 0:
        return f"'{' '.join(install)}' failed: {' '.join(done.stdout.split())[-200:]}"
    if "supervisor" in packages and shutil.which("systemctl"):
        run("systemctl", "disable", "--quiet", "supervisor")
    return None


def install_circus():
    """Installs circus into an environment of its own; returns why that failed, or nothing."""
    print("installing: circus into", CIRCUS, file=sys.stderr, flush=True)
    # The system's Python, which supervisord runs on too.
    python = next((path for path in ("/usr/bin/python3", sys.executable) if has_venv(path)), None)
    if python is None:
        return "python3-venv is missing"
    CACHE.mkdir(parents=True, exist_ok=True)
    for command in ([python, "-m", "venv", CIRCUS], [CIRCUS / "bin/pip", "install", "--quiet", "circus"]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            return " ".join(done.stdout.split())[-200:]
    return None


def has_venv(python):
    return os.path.exists(python) and subprocess.run([python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL).returncode == 0


def look(names, may_install):
    """For each peer that is not there, in spite of what was tried, why not."""
    missing = [name for name in names if name in PROGRAMS and not are_there(PROGRAMS[name][0])]
    packages = [PROGRAMS[name][1] for name in missing]
    if not are_there(COMPILER[0]):
        packages += COMPILER[1].split()
    if "circus" in names and not (CIRCUS / "bin/circusd").exists() and not has_venv("/usr/bin/python3") and not has_venv(sys.executable):
        packages.append("python3-venv")
    problem = install_packages(packages) if packages and may_install else None
    why = {name: problem or "not installed" for name in missing if not are_there(PROGRAMS[name][0])}
    if "circus" in names and not (CIRCUS / "bin/circusd").exists():
        problem = install_circus() if may_install else "not installed"
        if not (CIRCUS / "bin/circusd").exists():
            why["circus"] = problem or "not installed"
    if not are_there(COMPILER[0]):
        sys.exit("a C compiler is needed for what measures: " + (problem or "apt-get install gcc libc6-dev"))
    return why
