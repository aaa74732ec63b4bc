// stoker shutdown: the full stop of a running Stoker.

import ArgumentParser

struct Shutdown: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop all services in reverse order, and end Stoker.",
    discussion: """
      As SIGTERM to Stoker does. Nothing is remembered: the next Stoker starts what the service file and earlier commands ask for. \
      A service manager that restarts Stoker starts it again; 'stoker stop --all' stops the services, lastingly, and lets Stoker run.

      Waits until Stoker has ended.
      """)

  @Flag(help: "Do not wait until Stoker has ended.")
  var noWait = false

  @OptionGroup var connection: ConnectionOptions

  func run() throws {
    let connection = try connection.connection()
    let end = StokerEnd(connection)
    MainThread.run { [noWait] in
      guard !noWait else { return Console.print(try await StokerEnd.request(connection)) }
      Console.print(try await end.come())
    }
  }
}
