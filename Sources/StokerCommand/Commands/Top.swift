// stoker top: a live table of all services in the terminal.

import ArgumentParser
import Glibc
import Stoker

extension StokerCommand {
  struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Watch all services live, in the terminal, and act on them.",
      discussion: """
        Changes are shown at once, processor time and memory every two seconds. '?' shows the keys: Enter shows a service's details, w \
        explains its state, l shows its log; R, S and U restart, stop and start it, after a question that names the other services affected; \
        '/' filters, < and > sort (at first by state, trouble on top), q quits.

          stoker top
          stoker top --sort cpu --url http://127.0.0.1:10101
        """)

    enum Order: String, ExpressibleByArgument, CaseIterable {
      case name, state, health, since, restarts, cpu, memory
    }

    @OptionGroup var connection: ConnectionOptions

    @Option(
      help: ArgumentHelp("Sort by \(Order.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "column"))
    var sort = Order.state

    func run() throws {
      guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
        throw Failure(.usage, "'stoker top' needs a terminal for its keys and its screen; 'stoker status' prints the same once")
      }
      guard Environment.value("TERM") != "dumb" else {
        throw Failure(.usage, "this terminal (TERM=dumb) cannot move its cursor; 'stoker status' prints the same once")
      }
      let session = TopSession(try connection.connection(), sortedBy: sort.column)
      let signals = ScreenSignals.block()
      Task {
        do {
          try await session.run()
          Glibc.exit(ExitStatus.success.rawValue)
        } catch {
          Screen.leave()
          MainThread.end(with: error)
        }
      }
      while true { session.take(signals.next()) }
    }
  }
}

extension StokerCommand.Top.Order {
  fileprivate var column: Column {
    switch self {
    case .name: .name
    case .state: .state
    case .health: .health
    case .since: .since
    case .restarts: .restarts
    case .cpu: .load
    case .memory: .memory
    }
  }
}
