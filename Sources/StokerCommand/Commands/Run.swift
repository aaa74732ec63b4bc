// stoker run: the supervisor itself.

import ArgumentParser
import ServiceFile

extension StokerCommand {
  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Start the services of the service file and watch over them until told to stop.",
      discussion: """
        Runs in the foreground, under a service manager, in a container or in a terminal:

          stoker run --config /etc/stoker/stoker.yaml

        SIGTERM and SIGINT (Ctrl-C) stop everything in reverse order; a second one kills at once. SIGHUP reads the service file again, as \
        'stoker reload' does. What is started, waited for and stopped is told on stderr, as text or JSON (stoker.log in the service file); \
        nothing is written to stdout. On a terminal a live table below the log shows how far the start is, and the stop; --plain leaves it \
        out. The exit code says how the stop went: 0 everything stopped by itself, 10 some had to be killed, 11 something is left over.

        Under systemd with Type=notify it says when it is ready, when it reloads and when it stops, and shows WatchdogSec= that it lives. \
        As process 1 of a container it reaps whatever loses its parent.
        """)

    @OptionGroup var file: FileOptions

    @Flag(help: "Only log lines, on a terminal too: no live table while it starts and stops.")
    var plain = false

    func run() throws {
      let plan = try file.loadToRun(otherwise: "nothing was started")
      let name = file.name
      try Foreground.supervise(plan, label: name, isPlain: plain, read: { try ServiceFile.loadToRun(name) })
    }
  }
}
