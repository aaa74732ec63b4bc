// stoker run: the supervisor itself.

import ArgumentParser
import ServiceFile

extension StokerCommand {
  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Start the services of the service file, and supervise them until a signal ends it.",
      discussion: """
        Runs in the foreground, under a service manager, in a container or in a terminal:

          stoker run --config /etc/stoker/stoker.yaml

        SIGTERM and SIGINT (Ctrl-C) stop everything in reverse order; a second one, half a second later or more, kills at once. SIGHUP \
        reads the service file again, as 'stoker reload' does. The log goes to stderr, as text or JSON (stoker.log in the service file); \
        nothing is written to stdout. On a terminal, a live table below the log shows the progress of the start and of the stop; --plain \
        omits it. The exit code is the result of the stop: 0 everything stopped by itself, 10 some services had to be killed, 11 a process is left over.

        Under systemd with Type=notify it reports when it is ready, when it reloads and when it stops, and serves WatchdogSec=. As process 1 \
        of a container it reaps orphaned processes.
        """)

    @OptionGroup var file: FileOptions

    @OptionGroup var trust: TrustOptions

    @Flag(help: "Only log lines, on a terminal too: no live table while it starts and stops.")
    var plain = false

    func run() throws {
      let plan = try file.loadToRun(under: trust.policy, otherwise: "nothing was started")
      let read = try file.reader(under: trust.policy)
      try Foreground.supervise(plan, label: file.name, isPlain: plain, trustsFiles: trust.trustFiles, read: read)
    }
  }
}
