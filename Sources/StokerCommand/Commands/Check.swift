// stoker check: is the service file right, and what does it come to?

import Addresses
import ArgumentParser
import Orchestration
import ServiceFile
import Stoker

extension StokerCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check the service file, without starting anything.",
      discussion: """
        All errors are shown at once, each with line and column. A file that is right is summed up: where Stoker would listen and keep its \
        state, and how long a full stop can take, which is the time that a service manager or a container engine has to grant:

          stoker check --config /etc/stoker/stoker.yaml
        """)

    @OptionGroup var file: FileOptions

    @Flag(help: "Print what was found as JSON: the errors with file, line, column and message, or what the file comes to.")
    var json = false

    func run() throws {
      if json { return try runForPrograms() }
      let plan = try file.loadToRun(otherwise: "nothing would start")
      let socket = "\(plan.stateDirectory)/stoker.sock"
      guard socket.utf8.count <= UnixSocketPath.limit else {
        throw Failure(
          .noStateDirectory,
          "the control socket \(socket) would have more than \(UnixSocketPath.limit) bytes; choose a shorter stoker.state_dir")
      }
      let count = plan.services.count
      let chain = plan.graph.longestStopChain
      let names = chain.services.map { plan.graph.services[$0.index].name }
      var rows = [
        ["  listens on", plan.supervisor.listen.map(\.description).joined(separator: ", ")],
        ["  state directory", plan.stateDirectory],
      ]
      if !names.isEmpty {
        rows.append(["  full stop", "at most \(Age.long(chain.duration)), \(Self.chain(names))"])
        rows.append(["", "(TimeoutStopSec= of systemd, stop_grace_period of Compose: at least that)"])
      }
      Console.say("\(file.name): \(count == 1 ? "one service" : "\(count) services"), fine")
      for line in Table(rows: rows).lines() { Console.say(line) }
    }

    private func runForPrograms() throws {
      let plan: ServiceFile
      do {
        plan = try ServiceFile.loadToRun(file.name)
      } catch {
        let errors = error.diagnostics.map { fault -> JSON in
          ["file": .string(fault.file), "line": JSON(fault.line), "column": JSON(fault.column), "message": .string(fault.message)]
        }
        Console.say(["file": .string(file.name), "valid": false, "errors": .array(errors)])
        throw ExitCode(ExitStatus.badServiceFile.rawValue)
      }
      let chain = plan.graph.longestStopChain
      let (seconds, attoseconds) = chain.duration.components
      Console.say([
        "file": .string(file.name), "valid": true, "errors": [], "services": JSON(plan.graph.services.map(\.name)),
        "listen": JSON(plan.supervisor.listen.map(\.description)), "state_directory": .string(plan.stateDirectory),
        "full_stop_seconds": JSON(Double(seconds) + Double(attoseconds) / 1e18),
        "longest_stop_chain": JSON(chain.services.map { plan.graph.services[$0.index].name }),
      ])
    }

    /// Who is stopped one after the other: the whole chain where it is short, its ends where it is not.
    static func chain(_ names: [String]) -> String {
      switch names.count {
      case 0, 1: "for \(names.first ?? "nothing")"
      case 2...6: "one after the other: \(names.joined(separator: ", "))"
      case let count: "\(count) one after the other: \(names.prefix(3).joined(separator: ", ")), … \(names[count - 1])"
      }
    }
  }
}
