// stoker logs: the last lines of services, and the lines that follow.

import ArgumentParser
import Stoker

extension StokerCommand {
  struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the last lines of services, and follow them.",
      discussion: """
        Both streams, unless --stream selects one. The lines of each stream are in their order; those of both are in the order in which \
        Stoker read them, so that lines written in the same moment may have changed places:

          stoker logs betanet -n 20 --stream stderr

        With -f each new line is shown as it is written, across restarts and rotations, until Ctrl-C. Lines of several services begin \
        with the service's name, in a colour of its own on a terminal:

          stoker logs -f --all

        Lines are selected by time and by pattern; -n counts those that are left:

          stoker logs betanet --since 10m --grep 'error|refused' -t

        A line that is not finished yet, such as a prompt, is shown too; of a progress bar, the last state.

        A terminal gets colours, and other control characters as \\x1b; --raw passes them on. A pipe or a file gets the bytes as they are.

        Stoker keeps the last 1000 lines in memory (log.memory_lines); the service's log file has all of them, and --since \
        says when it would reach further back.
        """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("The services: \(ServiceSelection.help).", valueName: "name"), completion: ServiceNames.completion)
    var names: [String] = []

    @Flag(help: "All services that have a process.")
    var all = false

    @Flag(name: .shortAndLong, help: "Show each new line as it is written.")
    var follow = false

    @OptionGroup var lines: LogOptions

    @Flag(help: "Print control characters as they are, on a terminal too.")
    var raw = false

    func validate() throws {
      if all, !names.isEmpty { throw ValidationError("give names or --all, not both") }
      if !all, names.isEmpty { throw ValidationError("name services, or give --all") }
    }

    func run() throws {
      let connection = try connection.connection()
      LogReader(connection: connection, lines: lines, follows: follow, isRaw: raw).run(names: all ? nil : names)
    }
  }
}
