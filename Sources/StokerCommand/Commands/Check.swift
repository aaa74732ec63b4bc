// stoker check: the errors of the service file, or a summary of it.

import Addresses
import ArgumentParser
import Linux
import Orchestration
import Processes
import ServiceFile
import Stoker

extension StokerCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the service file, without starting anything.",
      discussion: """
        All errors are shown at once, each with line and column. For a valid file a summary is shown: the addresses and the state directory, \
        and the longest time of a full stop, which a service manager or a container engine has to allow:

          stoker check --config /etc/stoker/stoker.yaml
        """)

    @OptionGroup var file: FileOptions

    @OptionGroup var trust: TrustOptions

    @Flag(help: "Print the result as JSON: the errors with file, line, column and message, or the summary.")
    var json = false

    func run() throws {
      if json { return try runForPrograms() }
      let plan = try file.loadToRun(under: trust.policy, otherwise: "nothing would start")
      let directory = try plan.stateDirectory()
      let socket = "\(directory)/stoker.sock"
      guard socket.utf8.count <= UnixSocketPath.limit else {
        throw Failure(
          .noStateDirectory,
          "the control socket \(socket) would have more than \(UnixSocketPath.limit) bytes; choose a shorter stoker.state_dir")
      }
      if !trust.trustFiles, let weakness = StateLock.refused(FileTrust.weaknesses(ofFolder: directory)) {
        throw Failure(.noStateDirectory, "\(StateLockError.untrusted(directory: directory, weakness)); nothing would start")
      }
      let chain = plan.graph.longestStopChain
      let names = chain.services.map { plan.graph.services[$0.index].name }
      var rows = [
        ["  listens on", plan.supervisor.listen.map(\.description).joined(separator: ", ")],
        ["  state directory", directory],
      ]
      if plan.supervisor.isControlRootsDefault {
        rows.append(["  control", "socket, the default for root: changes and output only through the Unix socket"])
        rows.append(["", "(stoker.control: loopback opens them on loopback)"])
      }
      if !names.isEmpty {
        rows.append(["  full stop", "at most \(Age.long(chain.duration)), \(Self.chain(names))"])
        rows.append(["", "(TimeoutStopSec= of systemd, stop_grace_period of Compose: at least that)"])
      }
      Console.print("\(file.name): \(Phrase.count(plan.services.count, "service")), no errors")
      for line in Table(rows: rows).lines() { Console.print(line) }
      for warning in warnings(plan, directory) { Console.report("warning: \(TerminalText.line(warning))") }
    }

    /// Sentences that are no errors of the file: files that others can change, what services need and this machine does not have now, and
    /// alerts that cannot fire.
    private func warnings(_ plan: ServiceFile, _ directory: String) -> [String] {
      let outlook = FileOutlook(of: plan, under: trust.policy, environment: Environment.all)
      return plan.trust(under: trust.policy, stateDirectory: directory).warnings + outlook.warnings().map(\.description)
        + BlindAlerts.warnings(without: plan.supervisor.excludedMetrics)
    }

    private func runForPrograms() throws {
      let plan: ServiceFile
      do {
        plan = try file.reader(under: trust.policy)()
      } catch {
        let errors = error.diagnostics.map { fault -> JSON in
          ["file": .string(fault.file), "line": JSON(fault.line), "column": JSON(fault.column), "message": .string(fault.message)]
        }
        Console.print(["file": .string(file.name), "valid": false, "errors": .array(errors)])
        throw ExitCode(ExitStatus.badServiceFile.rawValue)
      }
      let directory = try plan.stateDirectory()
      let chain = plan.graph.longestStopChain
      let (seconds, attoseconds) = chain.duration.components
      Console.print([
        "file": .string(file.name), "valid": true, "errors": [], "services": JSON(plan.graph.services.map(\.name)),
        "listen": JSON(plan.supervisor.listen.map(\.description)), "state_directory": .string(directory),
        "control": .string((plan.supervisor.control ?? .standard()).rawValue),
        "full_stop_seconds": JSON(Double(seconds) + Double(attoseconds) / 1e18),
        "longest_stop_chain": JSON(chain.services.map { plan.graph.services[$0.index].name }),
        "warnings": JSON(warnings(plan, directory)),
      ])
    }

    /// The services that stop one after the other: all of a short chain, the ends of a long one.
    static func chain(_ names: [String]) -> String {
      switch names.count {
      case 0, 1: "for \(names.first ?? "nothing")"
      case 2...6: "one after the other: \(names.joined(separator: ", "))"
      case let count: "\(count) one after the other: \(names.prefix(3).joined(separator: ", ")), … \(names[count - 1])"
      }
    }
  }
}
