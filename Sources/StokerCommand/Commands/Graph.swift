// stoker graph: the dependency graph of the service file.

import ArgumentParser
import Orchestration
import ServiceFile
import Stoker

extension StokerCommand {
  struct Graph: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the dependency graph of the service file.",
      discussion: """
        As text by default: the layers in which services start, required dependencies after '<-', optional ones in brackets. For a drawing:

          stoker graph --format dot | dot -Tsvg > graph.svg
        """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text, dot, json
    }

    @OptionGroup var file: FileOptions

    @Option(help: ArgumentHelp("text, dot (Graphviz) or json (the HTTP interface's format).", valueName: "format"))
    var format = Format.text

    @Flag(help: "The same as --format json.")
    var json = false

    func run() throws {
      let plan = try file.load(otherwise: "there is no graph to show")
      switch json ? .json : format {
      case .text: Console.print(plan.graph.picture())
      case .dot: Console.print(plan.graph.dot())
      case .json: Console.print(plan.graph.json(types: plan.services.map(\.type)))
      }
    }
  }
}
