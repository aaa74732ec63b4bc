// stoker run: the supervisor itself.

import ArgumentParser
import ServiceFile

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Start the services of the service file, and supervise them until a signal ends it.",
    discussion: """
      Runs in the foreground, under a service manager, in a container or in a terminal:

        stoker run --config /etc/stoker/stoker.yaml

      With names, only these services are started, and those that they require; the others stay stopped. A job and what it needs, with \
      the exit code of the job:

        stoker run --until-completed test

      SIGTERM and SIGINT (Ctrl-C) stop everything in reverse order; a second one, half a second later or more, kills at once. SIGHUP \
      reads the service file again, as 'stoker reload' does; when the terminal in which it was started has hung up, it stops everything. \
      The log goes to stderr, as text or JSON (stoker.log in the service file); nothing is written to stdout without --output, \
      which shows the lines of all services there, each with its service's name. On a terminal, a live table \
      below the log shows the progress of the start and of the stop; --plain omits it. The exit code is the result of the stop: 0 \
      everything stopped by itself, 10 some services had to be killed, 11 a process is left over. Where --until-completed or \
      stoker.exit_when ended it, it is that of the service that failed, 128 and the signal's number where a signal ended that.

      Under systemd with Type=notify it reports when it is ready, when it reloads and when it stops, and serves WatchdogSec=. As process 1 \
      of a container it reaps orphaned processes.
      """)

  @OptionGroup var file: FileOptions

  @OptionGroup var trust: TrustOptions

  @OptionGroup var shown: ForegroundOptions

  @Option(
    help: ArgumentHelp(
      "Start this service too, and stop everything when it has completed or failed; its exit code is handed on.", valueName: "name"),
    completion: ServiceNames.completion)
  var untilCompleted: String?

  @Argument(
    help: ArgumentHelp("Start only these services, and what they require: \(ServiceSelection.help).", valueName: "name"),
    completion: ServiceNames.completion)
  var names: [String] = []

  func run() throws {
    let read = try file.reader(under: trust.policy)
    let whole = try file.loadToRun(under: trust.policy, otherwise: "nothing was started")
    let choice = choice(in: whole)
    let plan = try chosen(choice, in: whole)
    try Foreground.supervise(plan, label: file.name, shown, trustsFiles: trust.trustFiles) {
      guard let choice else { return try read() }
      return try read().choosing(choice, isReload: true)
    }
  }

  private func choice(in plan: ServiceFile) -> RunChoice? {
    guard !names.isEmpty || untilCompleted != nil else { return nil }
    let selection = ServiceSelection(plan)
    // A word that stands for no service is refused as a name.
    let chosen = names.flatMap { word in
      let services = selection.services(word)
      return services.isEmpty ? [word] : services
    }
    return RunChoice(names: chosen, untilCompleted: untilCompleted)
  }

  private func chosen(_ choice: RunChoice?, in plan: ServiceFile) throws(Failure) -> ServiceFile {
    guard let choice else { return plan }
    do {
      return try plan.choosing(choice)
    } catch {
      throw Failure(.usage, "\(error); nothing was started")
    }
  }
}
