"""How each supervisor is configured, started and stopped: one small class for each.

Services come as objects with `name`, `argv` and `stop_s`, the seconds before SIGKILL. Everything of a run is in the directory `d`."""

import glob
import os
import pathlib
import shutil
import signal
import subprocess

import peers


def output_of(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"unknown ({problem})"
    return done.stdout.strip()


def write_file(path, content, mode=0o644):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)


class Adapter:
    name = "?"
    needs = ()  # programs that must be there
    is_peer = True  # False: a yardstick, or another setting of one that is there already; not ranked
    captures_logs = True  # output goes into files
    logging = None  # the class that does, where this one does not
    storm = None  # the class for the test of crash storms, where it is another
    kills = 50  # in the test of restarts; fewer where each takes long
    spread = 0.1  # seconds over which the pauses between kills are spread: the cycle of one that polls
    stamp = 0  # bytes that it puts before each line
    note = ""

    def available(self):
        missing = [program for program in self.needs if not shutil.which(program)]
        return not missing, "missing: " + ", ".join(missing) if missing else ""

    def version(self):
        return ""

    def write(self, d, services):
        """Writes the configuration."""
        raise NotImplementedError

    def start_cmd(self, d):
        """The supervisor's command, to be run in the foreground."""
        raise NotImplementedError

    def env(self, d):
        """Further environment of the supervisor."""
        return {}

    def stop(self, d, pid):
        """Asks for the graceful stop of everything; may return before it is over."""
        os.kill(pid, signal.SIGTERM)

    def cleanup(self, d):
        """After everything was ended."""

    def logs(self, d, name):
        """The log files of a service."""
        return glob.glob(f"{d}/logs/{name}*")

    def helper_pids(self, d, processes):
        """The helpers among the supervisor's processes, {pid: (name, argv)}: those that serve one service each."""
        return []


class Floor(Adapter):
    """The yardstick: see floor.c."""

    name, is_peer = "floor", False
    note = "the yardstick: posix_spawn, waitpid and one loop on epoll in C; restarts at once, at most once a second"
    program = "floor"

    def write(self, d, services):
        os.makedirs(d + "/logs", exist_ok=True)
        write_file(d + "/commands", "".join(f"{s.name} {' '.join(s.argv)}\n" for s in services))
        self.stop_s = services[0].stop_s

    def start_cmd(self, d):
        return [self.program, str(self.stop_s), d + "/logs", d + "/commands"]


class S6(Adapter):
    name, needs = "s6", ("s6-svscan", "s6-svscanctl")
    captures_logs = has_logger = False
    kills = 20
    note = "waits 1 s before a restart; without loggers, but for the tests of output"

    def version(self):
        return output_of("dpkg-query", "-W", "-f", "${Version}", "s6")

    def write(self, d, services):
        self.count = len(services)
        for s in services:
            folder = f"{d}/scan/{s.name}"
            write_file(folder + "/run", f"#!/bin/sh\nexec {' '.join(s.argv)}\n", 0o755)
            write_file(folder + "/timeout-kill", f"{s.stop_s * 1000:.0f}\n")
            if self.has_logger:
                os.makedirs(f"{d}/logs/{s.name}", exist_ok=True)
                write_file(folder + "/log/run", f"#!/bin/sh\nexec s6-log n1000 s268435455 {d}/logs/{s.name}\n", 0o755)

    def start_cmd(self, d):
        return ["s6-svscan", "-c", str(2 * self.count + 100), d + "/scan"]

    def stop(self, d, pid):
        subprocess.run(["s6-svscanctl", "-t", d + "/scan"], timeout=60)

    def logs(self, d, name):
        return glob.glob(f"{d}/logs/{name}/current") + glob.glob(f"{d}/logs/{name}/@*")

    def helper_pids(self, d, processes):
        return [pid for pid, (name, _) in processes.items() if name == "s6-supervise"]


class S6Log(S6):
    """With an s6-log for each service."""

    needs = (*S6.needs, "s6-log")
    captures_logs = has_logger = True


class Runit(Adapter):
    name, needs = "runit", ("runsvdir", "sv")
    captures_logs = has_logger = False
    note = "restarts at once what has run for 1 s; stopped by 'sv force-shutdown' of all; without loggers, but for the tests of output"

    def version(self):
        return output_of("dpkg-query", "-W", "-f", "${Version}", "runit")

    def write(self, d, services):
        self.stop_s = services[0].stop_s
        for s in services:
            folder = f"{d}/service/{s.name}"
            write_file(folder + "/run", f"#!/bin/sh\nexec {' '.join(s.argv)}\n", 0o755)
            if self.has_logger:
                write_file(f"{d}/logs/{s.name}/config", "s0\n")
                write_file(folder + "/log/run", f"#!/bin/sh\nexec svlogd {d}/logs/{s.name}\n", 0o755)

    def start_cmd(self, d):
        return ["runsvdir", d + "/service"]

    def stop(self, d, pid):
        # runsvdir leaves its helpers behind.
        os.kill(pid, signal.SIGTERM)
        command = ["sv", "-w", f"{self.stop_s:.0f}", "force-shutdown", *sorted(glob.glob(d + "/service/*"))]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)

    def logs(self, d, name):
        return glob.glob(f"{d}/logs/{name}/current") + glob.glob(f"{d}/logs/{name}/@*")

    def helper_pids(self, d, processes):
        return [pid for pid, (name, _) in processes.items() if name == "runsv"]


class RunitLog(Runit):
    """With an svlogd for each service."""

    needs = (*Runit.needs, "svlogd")
    captures_logs = has_logger = True


S6.logging, Runit.logging = S6Log, RunitLog


class Supervisord(Adapter):
    name, needs = "supervisord", ("supervisord", "supervisorctl")
    kills = 20
    note = "its defaults, logs in files without rotation, more descriptors; stopped by 'supervisorctl stop all', then 'shutdown'"

    def version(self):
        return output_of("supervisord", "--version")

    def write(self, d, services):
        os.makedirs(d + "/logs", exist_ok=True)
        sections = [
            f"[unix_http_server]\nfile={d}/socket\n",
            f"[supervisord]\nlogfile={d}/supervisord.log\npidfile={d}/pid\nnodaemon=true\nchildlogdir={d}/logs\n"
            f"minfds={max(1024, 3 * len(services) + 200)}\n",
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
            f"[supervisorctl]\nserverurl=unix://{d}/socket\n",
        ]
        for s in services:
            sections.append(
                f"[program:{s.name}]\ncommand={' '.join(s.argv)}\nstopwaitsecs={s.stop_s:.0f}\nredirect_stderr=true\n"
                f"stdout_logfile={d}/logs/{s.name}.log\nstdout_logfile_maxbytes=0\n"
            )
        write_file(d + "/supervisord.conf", "".join(sections))

    def start_cmd(self, d):
        return ["supervisord", "-n", "-s", "-c", d + "/supervisord.conf"]

    def stop(self, d, pid):
        # At SIGTERM it stops one after the other: 20 s for 100 services.
        for words in (["stop", "all"], ["shutdown"]):
            command = ["supervisorctl", "-c", d + "/supervisord.conf", *words]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


class Circus(Adapter):
    name, needs = "circus", (str(peers.CIRCUS / "bin/circusd"),)
    kills, spread = 6, 5
    note = "its defaults (looks every 5 s), a watcher and a FileStream for each service"

    def version(self):
        return output_of(peers.CIRCUS / "bin/python", "-c", "import circus; print(circus.__version__)")

    def write(self, d, services):
        os.makedirs(d + "/logs", exist_ok=True)
        sections = [f"[circus]\ncheck_delay=5\nendpoint=ipc://{d}/endpoint\npubsub_endpoint=ipc://{d}/events.socket\n"]
        for s in services:
            sections.append(
                f"[watcher:{s.name}]\ncmd={s.argv[0]}\nargs={' '.join(s.argv[1:])}\ncopy_env=True\ngraceful_timeout={s.stop_s:.0f}\n"
                f"stdout_stream.class=FileStream\nstdout_stream.filename={d}/logs/{s.name}.log\n"
            )
        write_file(d + "/circus.ini", "".join(sections))

    def start_cmd(self, d):
        return [self.needs[0], "--log-output", d + "/circus.log", d + "/circus.ini"]
