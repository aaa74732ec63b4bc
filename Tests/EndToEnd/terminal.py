"""A real terminal: tmux, whose screen is read and whose keys are pressed."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from harness import BINARIES, DEADLINE, wait_for


class Terminal:
    """A shell on a screen of its own, in the folder and with the environment of a :class:`harness.Stoker`."""

    def __init__(self, stoker, columns=100, rows=30, shell=("bash", "--norc"), environment=None):
        # Not pytest's folder: a socket's path has 107 bytes at most.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stoker-tmux-"))
        self.environment = {**self.environment_of(stoker), "HOME": str(self.folder), **(environment or {})}
        assert shutil.which("tmux"), "tmux is missing: run 'make test', which installs it"
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(stoker.directory), *shell)
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @staticmethod
    def environment_of(stoker):
        """What a person's shell would have."""
        name, value = stoker.mark.split("=")
        path = f"{BINARIES}:{os.environ['PATH']}"
        rest = {key: text for key, text in os.environ.items() if not key.startswith(("TMUX", "STOKER", "NO_COLOR"))}
        return {**rest, name: value, "PATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PS1": "$ "}

    def tmux(self, *arguments):
        command = ["tmux", "-u", "-S", str(self.folder / "s"), "-f", "/dev/null", *arguments]
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=DEADLINE)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def run(self, line):
        """Types a line of shell."""
        self.press(line, "Enter")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def lines(self, colours=False):
        """The lines of the screen, without the blanks at their ends."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p", *(["-e"] if colours else [])).split("\n")]

    def text(self, **rest):
        return "\n".join(self.lines(**rest))

    def history(self):
        """All that was ever written and scrolled away, and the screen."""
        return self.tmux("capture-pane", "-p", "-S", "-")

    def wait(self, *texts, without=()):
        """Waits until all of these texts are on the screen and none of the others; returns the screen."""

        def has():
            screen = self.text()
            missing = [text for text in texts if text not in screen] + [text for text in without if text in screen]
            if missing:
                raise ValueError(f"{missing} on this screen:\n{screen}")
            return screen

        return wait_for(f"{texts} on the screen", has)

    def row(self, name):
        """The line of the screen that speaks of a service, as words."""
        for line in self.lines():
            words = line.split()
            if name in words[:3]:
                return words
        raise ValueError(f"no line of {name}:\n{self.text()}")

    def flag(self, name):
        """Something that tmux knows of the terminal, such as `alternate_on`."""
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def close(self):
        subprocess.run(["tmux", "-S", str(self.folder / "s"), "kill-server"], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
